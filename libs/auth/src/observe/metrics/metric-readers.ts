import type { MetricKey } from './definitions.js';
import type { Sample } from './tally.js';

/** How the metrics of one wing are read; a metric that nobody hands in has no samples. */
export type MetricReaders = Partial<Readonly<Record<MetricKey, () => readonly Sample[]>>>;

/** Injection token of what the wings hand in. */
export const METRIC_READERS = Symbol('METRIC_READERS');

/** A number that is not known is not a sample. */
export function one(value: number | undefined): readonly Sample[] {
  return value === undefined || !Number.isFinite(value) ? [] : [{ value, attributes: {} }];
}

export function by(attribute: string, values: Iterable<readonly [string, number]>): readonly Sample[] {
  return [...values].map(([name, value]) => ({ value, attributes: { [attribute]: name } }));
}
