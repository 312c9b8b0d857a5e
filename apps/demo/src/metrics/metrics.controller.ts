import { Controller, ForbiddenException, Get, Header, Req } from '@nestjs/common';
import { Public } from '@tokenward/nestjs';
import { isDirect, type LocalRequest } from '../loopback.js';
import { DemoMetrics } from './metrics.service.js';

/** For Prometheus; on loopback only unless METRICS_PUBLIC opens it. */
@Controller('metrics')
@Public()
export class MetricsController {
  constructor(private readonly metrics: DemoMetrics) {}

  @Get()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  read(@Req() request: LocalRequest): Promise<string> {
    if (!isDirect(request) && this.metrics.access !== 'open')
      throw new ForbiddenException('Forbidden');
    return this.metrics.text();
  }
}
