import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AuthEventPublisher } from '../auth-event-publisher.service.js';
import { type MetricDefinition, type MetricKey, METRICS } from './definitions.js';
import { EventCounters } from './event-counters.js';
import { AUTH_METER, type AuthMeter, type ObservableCallback } from './meter.js';
import { METRIC_READERS, type MetricReaders, one } from './metric-readers.js';
import type { Sample } from './tally.js';

export interface Measurement {
  readonly metric: MetricDefinition;
  /** Empty if nothing was counted yet. */
  readonly samples: readonly Sample[];
}

/**
 * The numbers of this process. They are counted where they arise, and read on demand: by
 * OpenTelemetry's observable instruments if the host gives a `meter`, and by `read()` otherwise. A
 * guarded request only pays for the increment of a counter.
 */
@Injectable()
export class AuthMetrics implements OnApplicationShutdown {
  private readonly counters = new EventCounters();
  private readonly readers: MetricReaders;
  private readonly stopObserving: readonly (() => void)[];

  constructor(
    @Inject(METRIC_READERS) handedIn: MetricReaders,
    @Inject(AUTH_METER) meter: AuthMeter | undefined,
    events: AuthEventPublisher,
  ) {
    events.subscribe((event) => {
      this.counters.count(event);
    });
    const counted = (key: MetricKey) => () => this.counters.of(key).samples();
    this.readers = {
      events: counted('events'),
      listenersDropped: () => one(events.calls.dropped),
      logins: counted('logins'),
      loginFailures: counted('loginFailures'),
      refreshes: counted('refreshes'),
      revocations: counted('revocations'),
      ...handedIn,
    };
    this.stopObserving = meter ? this.observe(meter) : [];
  }

  /** Every metric with its current values. */
  read(): readonly Measurement[] {
    return keysOf(METRICS).map((key) => ({
      metric: METRICS[key],
      samples: this.readers[key]?.() ?? [],
    }));
  }

  onApplicationShutdown(): void {
    for (const stop of this.stopObserving) stop();
  }

  private observe(meter: AuthMeter): readonly (() => void)[] {
    return keysOf(METRICS).map((key) => {
      const { name, kind, unit, help }: MetricDefinition = METRICS[key];
      const options = { description: help, unit };
      const instrument =
        kind === 'counter'
          ? meter.createObservableCounter(name, options)
          : meter.createObservableGauge(name, options);
      const callback: ObservableCallback = (result) => {
        for (const { value, attributes } of this.readers[key]?.() ?? [])
          result.observe(value, attributes);
      };
      instrument.addCallback(callback);
      return () => {
        instrument.removeCallback(callback);
      };
    });
  }
}

function keysOf<T extends object>(of: T): readonly (keyof T)[] {
  return Object.keys(of) as (keyof T)[];
}
