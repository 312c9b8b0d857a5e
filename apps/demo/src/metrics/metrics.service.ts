import type { AuthEvent } from '@tokenward/nestjs';
import { collectDefaultMetrics, Counter, Registry } from 'prom-client';

/** Prometheus counters of what the module tells. No label holds anything of a user. */
export class DemoMetrics {
  readonly registry = new Registry();
  private readonly events = new Counter({
    name: 'tokenward_events_total',
    help: 'Authentication events by type and severity',
    labelNames: ['type', 'severity'],
    registers: [this.registry],
  });

  constructor(readonly access: 'loopback' | 'open') {
    collectDefaultMetrics({ register: this.registry });
  }

  count({ type, severity }: AuthEvent): void {
    this.events.inc({ type, severity });
  }
}
