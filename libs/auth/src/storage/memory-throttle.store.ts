import { type Clock } from '../common/clock.js';
import {
  type ThrottleAttempt,
  type ThrottleDecision,
  ThrottleStore,
} from './throttle-store.port.js';

/** Tries of one bucket: id → when it leaves, oldest first. */
type Tries = Map<string, number>;

/** How many of the least recently used buckets compete for being forgotten. */
const EVICTION_SAMPLE = 32;

/**
 * Counts in this process alone: N processes allow up to N times the limit. Holds at most `maxBuckets` buckets; past
 * that the emptiest of those unused for longest is forgotten, so that spraying names does not wash out a bucket that is
 * nearly full.
 */
export class MemoryThrottleStore extends ThrottleStore {
  readonly #buckets = new Map<string, Tries>();

  constructor(
    private readonly clock: Clock,
    private readonly maxBuckets = 100_000,
  ) {
    super();
  }

  /** Buckets held now. */
  get size(): number {
    return this.#buckets.size;
  }

  // nothing here awaits: that is what makes it atomic
  override take(attempt: ThrottleAttempt): Promise<ThrottleDecision> {
    const now = this.clock.monotonic();
    let waitMs = 0;
    for (const { key, limit } of attempt.buckets) {
      const tries = this.live(key, now);
      if (tries.size < limit) continue;
      const leaves = [...tries.values()][tries.size - limit] ?? now + attempt.windowMs;
      waitMs = Math.max(waitMs, leaves - now);
    }
    if (waitMs > 0)
      return Promise.resolve({
        kind: 'refused',
        retryAfterSeconds: Math.ceil(Math.min(waitMs, attempt.windowMs) / 1000),
      });
    for (const { key } of attempt.buckets) this.count(key, attempt.id, now + attempt.windowMs);
    return Promise.resolve({ kind: 'allowed' });
  }

  override giveBack(attempt: ThrottleAttempt): Promise<void> {
    for (const { key } of attempt.buckets) {
      const tries = this.#buckets.get(key);
      if (tries?.delete(attempt.id) && tries.size === 0) this.#buckets.delete(key);
    }
    return Promise.resolve();
  }

  private live(key: string, now: number): Tries {
    const tries = this.#buckets.get(key);
    if (!tries) return new Map();
    for (const [id, leaves] of tries) {
      if (leaves > now) break;
      tries.delete(id);
    }
    if (tries.size === 0) this.#buckets.delete(key);
    return tries;
  }

  private count(key: string, id: string, leaves: number): void {
    const tries: Tries = this.#buckets.get(key) ?? new Map<string, number>();
    tries.set(id, leaves);
    // to the end of the map: the first entries are those unused for longest
    this.#buckets.delete(key);
    this.#buckets.set(key, tries);
    if (this.#buckets.size > this.maxBuckets) this.evict(key);
  }

  private evict(spared: string): void {
    const now = this.clock.monotonic();
    let emptiest: { readonly key: string; readonly tries: number } | undefined;
    let seen = 0;
    for (const key of this.#buckets.keys()) {
      if (seen++ >= EVICTION_SAMPLE) break;
      if (key === spared) continue;
      const tries = this.live(key, now).size;
      if (tries < (emptiest?.tries ?? Infinity)) emptiest = { key, tries };
    }
    if (this.#buckets.size > this.maxBuckets && emptiest) this.#buckets.delete(emptiest.key);
  }
}
