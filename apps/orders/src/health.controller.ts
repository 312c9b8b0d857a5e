import { Controller, Get, Inject, ServiceUnavailableException } from '@nestjs/common';
import { Keyring, Public, RemoteKeys, RevocationSync } from '@tokenward/nestjs/verify';

/** Whether revocations reach this service. */
export const FOLLOWS_REVOCATIONS = Symbol('FOLLOWS_REVOCATIONS');

@Controller('health')
@Public()
export class HealthController {
  constructor(
    private readonly keyring: Keyring,
    private readonly remote: RemoteKeys,
    private readonly view: RevocationSync,
    @Inject(FOLLOWS_REVOCATIONS) private readonly follows: boolean,
  ) {}

  @Get('live')
  live() {
    return { status: 'ok' };
  }

  /**
   * Ready when the issuer's keys are known and its revocations were once proven complete. After that the issuer may
   * be down.
   */
  @Get('ready')
  ready() {
    const { ageMs, entries, provenBy } = this.view.state();
    const keys = { known: this.keyring.size, fetches: this.remote.fetches };
    if (keys.known === 0 || (this.follows && provenBy === 'nobody'))
      throw new ServiceUnavailableException({
        statusCode: 503,
        error: 'Service Unavailable',
        message: 'Not ready',
        code: 'unavailable',
      });
    return { status: 'ok', keys, revocations: { ageMs, entries, provenBy } };
  }
}
