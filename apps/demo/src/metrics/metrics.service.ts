import {
  type AuthMetrics,
  type Measurement,
  type MetricDefinition,
  METRICS,
  prometheusName,
} from '@tokenward/nestjs/observe';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

/** The module's metrics in the format of Prometheus, with metrics of the process. No label contains data of a user. */
export class DemoMetrics {
  private readonly registry = new Registry();
  private readonly instruments = new Map<string, Counter | Gauge>();

  constructor(
    private readonly source: AuthMetrics,
    readonly access: 'loopback' | 'open',
  ) {
    collectDefaultMetrics({ register: this.registry });
    for (const metric of Object.values(METRICS))
      this.instruments.set(metric.name, this.instrumentOf(metric));
  }

  /** The current metrics in the text format. */
  text(): Promise<string> {
    for (const each of this.source.read()) this.take(each);
    return this.registry.metrics();
  }

  private take({ metric, samples }: Measurement): void {
    const instrument = this.instruments.get(metric.name);
    instrument?.reset();
    for (const { value, attributes } of samples) instrument?.inc({ ...attributes }, value);
  }

  private instrumentOf(metric: MetricDefinition): Counter | Gauge {
    const name = prometheusName(metric);
    const options = {
      name,
      help: metric.help,
      labelNames: [...metric.attributes],
      registers: [this.registry],
    };
    return metric.kind === 'counter' ? new Counter(options) : new Gauge(options);
  }
}
