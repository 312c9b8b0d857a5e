import { RecentValues } from '../common/recent-values.js';

const MAX_WATCHED = 10_000;

interface Count {
  failures: number;
  readonly sinceMs: number;
}

/** Counts failures by account and by address in windows, for a limited number of them at a time. */
export class FailureBursts {
  private readonly counts = new RecentValues<string, Count>(MAX_WATCHED);

  constructor(
    readonly burstOf: number,
    private readonly withinMs: number,
  ) {}

  /** True for the failure that completes the burst, once in each window. */
  add(key: string, nowMs: number): boolean {
    const known = this.counts.get(key);
    const count =
      known && nowMs - known.sinceMs < this.withinMs ? known : { failures: 0, sinceMs: nowMs };
    count.failures++;
    this.counts.set(key, count);
    return count.failures === this.burstOf;
  }
}
