import type { Attributes } from './tally.js';

interface Observable {
  addCallback(callback: ObservableCallback): void;
  removeCallback(callback: ObservableCallback): void;
}

export type ObservableCallback = (result: {
  observe(value: number, attributes?: Attributes): void;
}) => void;

interface MetricOptions {
  readonly description?: string;
  readonly unit?: string;
}

/**
 * The part of OpenTelemetry's `Meter` that Tokenward calls. `metrics.getMeter('tokenward')` of
 * `@opentelemetry/api` can be passed.
 */
export interface AuthMeter {
  createObservableCounter(name: string, options?: MetricOptions): Observable;
  createObservableGauge(name: string, options?: MetricOptions): Observable;
}

/** Injection token of the host's meter. */
export const AUTH_METER = Symbol('AUTH_METER');
