import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { type CredentialOutcome, CredentialVerifier } from './credential-verifier.service.js';
import { DeviceIds } from './device-id.js';
import { LoginThrottle } from './login-throttle.service.js';

export interface PasswordAttemptInput {
  /** Normalised; names the account's counters whatever proves the rest of the request. */
  readonly email: string;
  /** The signed device id that came along. */
  readonly device?: string;
  readonly client: ClientContext;
}

export interface AttemptedPassword {
  readonly outcome: CredentialOutcome;
  /** Of a device that signed in to the account before. */
  readonly deviceId?: string;
}

/** Every comparison of a password: counted before it is hashed, given back when it was right or when nobody compared it. */
@Injectable()
export class PasswordAttempt {
  constructor(
    private readonly throttle: LoginThrottle,
    private readonly credentials: CredentialVerifier,
    private readonly devices: DeviceIds,
    private readonly events: AuthEventPublisher,
  ) {}

  async run(
    input: PasswordAttemptInput,
    compare: () => Promise<CredentialOutcome>,
  ): Promise<AttemptedPassword> {
    const { email, client } = input;
    const deviceId = await this.knownDevice(input);
    const device = deviceId === undefined ? 'unknown' : 'known';
    const admission = await this.throttle
      .admit({ account: email, ip: client.ip, device, deviceId })
      .catch((error: unknown) => this.throttled(error, client));
    try {
      const outcome = await compare();
      if (outcome.kind === 'verified') await admission.giveBack();
      return { outcome, deviceId };
    } catch (error) {
      await admission.giveBack();
      throw error;
    }
  }

  /** Reads the same for accounts that exist and for those that do not. */
  private async knownDevice({ email, device }: PasswordAttemptInput): Promise<string | undefined> {
    if (!device) return undefined;
    const candidate = await this.credentials.find(email);
    if (!candidate) return undefined;
    const standing = this.devices.verify(device, candidate.account.id, candidate.subject.epoch);
    return standing.kind === 'known' ? standing.id : undefined;
  }

  private throttled(error: unknown, client: ClientContext): never {
    if (error instanceof AuthError && error.reason === 'throttled')
      this.events.publish({ type: 'login.throttled', ip: client.ip });
    throw error;
  }
}
