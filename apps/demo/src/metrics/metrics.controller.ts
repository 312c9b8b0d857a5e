import { Controller, ForbiddenException, Get, Header, Req } from '@nestjs/common';
import { Public, RevocationChecker, RevocationView } from '@tokenward/nestjs';
import { Gauge } from 'prom-client';
import { DemoMetrics } from './metrics.service.js';

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

/** For Prometheus; on loopback only unless METRICS_PUBLIC opens it. */
@Controller('metrics')
@Public()
export class MetricsController {
  constructor(
    private readonly metrics: DemoMetrics,
    view: RevocationView,
    checker: RevocationChecker,
  ) {
    const registers = [metrics.registry];
    new Gauge({
      name: 'tokenward_revocation_view_age_seconds',
      help: 'Age of the proof behind the revocation view',
      registers,
      collect() {
        this.set(view.state().ageMs / 1000);
      },
    });
    new Gauge({
      name: 'tokenward_revocation_checks',
      help: 'Revocation checks since the start, by who answered',
      labelNames: ['answered_by'],
      registers,
      collect() {
        for (const [name, value] of Object.entries(checker.counters)) this.set({ answered_by: name }, value);
      },
    });
  }

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
    return this.metrics.registry.metrics();
  }
}
