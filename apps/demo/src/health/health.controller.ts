import { Controller, Get, Inject, ServiceUnavailableException } from '@nestjs/common';
import { Public, RevocationView } from '@tokenward/nestjs';
import { sql } from 'drizzle-orm';
import { DATABASE, type DemoDatabase } from '../database/database.module.js';

@Controller('health')
@Public()
export class HealthController {
  constructor(
    @Inject(DATABASE) private readonly database: DemoDatabase,
    private readonly view: RevocationView,
  ) {}

  @Get('live')
  live() {
    return { status: 'ok' };
  }

  /** Ready when the database answers and the revocation view holds a first snapshot. */
  @Get('ready')
  async ready() {
    const postgres = await this.database.execute(sql`select 1`).then(
      () => 'up',
      () => 'down',
    );
    const report = { postgres, revocations: this.view.state() };
    const filled = report.revocations.provenBy !== 'nobody';
    if (postgres === 'down' || !filled)
      throw new ServiceUnavailableException({
        statusCode: 503,
        error: 'Service Unavailable',
        message: 'Not ready',
      });
    return { status: 'ok', ...report };
  }
}
