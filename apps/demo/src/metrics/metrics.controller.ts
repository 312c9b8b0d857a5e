import { Controller, ForbiddenException, Get, Header, Req } from '@nestjs/common';
import { Public } from '@tokenward/nestjs';
import { DemoMetrics } from './metrics.service.js';

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

/** For Prometheus; on loopback only unless METRICS_PUBLIC opens it. */
@Controller('metrics')
@Public()
export class MetricsController {
  constructor(private readonly metrics: DemoMetrics) {}

  @Get()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  read(
    @Req() request: { socket?: { remoteAddress?: string }; headers: Record<string, unknown> },
  ): Promise<string> {
    // the socket's address, not what a header claims; behind a proxy on this machine everyone would be loopback
    const direct =
      LOOPBACK.test(request.socket?.remoteAddress ?? '') && request.headers['x-forwarded-for'] === undefined;
    if (!direct && this.metrics.access !== 'open') throw new ForbiddenException('Forbidden');
    return this.metrics.text();
  }
}
