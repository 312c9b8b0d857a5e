import type { MetricKey } from './definitions.js';
import type { Sample } from './tally.js';

/** The readers of one wing's metrics. A metric without a reader has no samples. */
export type MetricReaders = Partial<Readonly<Record<MetricKey, () => readonly Sample[]>>>;

/** Injection token of the readers that the wings provide. */
export const METRIC_READERS = Symbol('METRIC_READERS');

/** No sample for an unknown value. */
export function one(value: number | undefined): readonly Sample[] {
  return value === undefined || !Number.isFinite(value) ? [] : [{ value, attributes: {} }];
}

export function by(
  attribute: string,
  values: Iterable<readonly [string, number]>,
): readonly Sample[] {
  return [...values].map(([name, value]) => ({ value, attributes: { [attribute]: name } }));
}
