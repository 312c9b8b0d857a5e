import type { Clock } from '../../../common/clock.js';
import { ageMs, instantOf, type Instant } from './instant.js';

/** Failed reads in a row. A process that was stalled itself fails once, because its answer was there. */
const FAILURES = 3;
/** A process that reaches both stores needs three seconds at most to connect again; a busy machine is slower. */
const CAUGHT_UP_MS = 10_000;

/**
 * Whether Redis may lack what was revoked while it could not be reached. It answers again before the processes that
 * revoke have found it again, and until then its silence about a token tells nothing.
 */
export class FeedInterruptions {
  #failures = 0;
  #endedAt: Instant | undefined;

  constructor(private readonly clock: Clock) {}

  failed(): void {
    this.#failures += 1;
  }

  answered(): void {
    if (this.#failures >= FAILURES) this.#endedAt = instantOf(this.clock);
    this.#failures = 0;
  }

  /** A heartbeat: whatever was revoked until then is in the feed. */
  provenUpTo(date: Instant): void {
    if (this.#endedAt && date.mono > this.#endedAt.mono) this.#endedAt = undefined;
  }

  hasCaughtUp(): boolean {
    if (this.#failures >= FAILURES) return false;
    return !this.#endedAt || ageMs(this.clock, this.#endedAt) > CAUGHT_UP_MS;
  }
}
