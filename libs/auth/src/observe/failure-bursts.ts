const MAX_WATCHED = 10_000;

interface Count {
  failures: number;
  readonly sinceMs: number;
}

/** Counts failures by account and by address, in windows, for so many of them at a time. */
export class FailureBursts {
  private readonly counts = new Map<string, Count>();

  constructor(
    readonly burstOf: number,
    private readonly withinMs: number,
  ) {}

  /** True for the failure that makes the burst, once a window. */
  add(key: string, nowMs: number): boolean {
    const known = this.counts.get(key);
    const count = known && nowMs - known.sinceMs < this.withinMs ? known : { failures: 0, sinceMs: nowMs };
    count.failures++;
    this.counts.delete(key);
    this.counts.set(key, count);
    const [oldest] = this.counts.keys();
    if (this.counts.size > MAX_WATCHED && oldest !== undefined) this.counts.delete(oldest);
    return count.failures === this.burstOf;
  }
}
