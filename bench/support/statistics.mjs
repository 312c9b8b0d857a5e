export const quantile = (sorted, q) =>
  sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)];

export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    n: sorted.length,
    p25: quantile(sorted, 0.25),
    p50: quantile(sorted, 0.5),
    p75: quantile(sorted, 0.75),
    p99: quantile(sorted, 0.99),
    max: sorted.at(-1),
    min: sorted[0],
  };
}

export const median = (values) => summary(values).p50;

/** Starts at another one in each round, so that nobody is always first. */
export const rotated = (list, round) => list.map((_, at) => list[(at + round) % list.length]);
