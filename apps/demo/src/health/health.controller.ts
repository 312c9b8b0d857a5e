import { Controller, Get, Res, ServiceUnavailableException } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Public } from '@tokenward/nestjs';
import { AuthHealth } from '@tokenward/nestjs/observe';

@Controller('health')
@Public()
export class HealthController {
  constructor(
    private readonly health: AuthHealth,
    private readonly adapters: HttpAdapterHost,
  ) {}

  @Get('live')
  live() {
    return { status: 'ok' };
  }

  /**
   * Ready when the database answers, the revocation view has its first snapshot and there is a signing key. Redis may
   * be down, because everything works without it.
   */
  @Get('ready')
  async ready(@Res({ passthrough: true }) response: object) {
    const { postgres, redis, revocations, keyring } = await this.health.report();
    if ([postgres, revocations, keyring].some(({ status }) => status === 'down')) {
      this.adapters.httpAdapter.setHeader(response, 'Retry-After', '1');
      throw new ServiceUnavailableException({
        statusCode: 503,
        error: 'Service Unavailable',
        message: 'Not ready',
        code: 'unavailable',
      });
    }
    return { status: 'ok', postgres: postgres.status, redis, revocations, keyring };
  }
}
