import { AuthError } from '../common/auth-error.js';
import { Clock, SystemClock } from '../common/clock.js';
import { type Duration, parseDuration } from '../common/duration.js';

/** A clock that stands still until a test moves it; both of its times move together. */
export class ManualClock extends Clock {
  #nowMs: number;
  #monotonicMs = 0;

  /** `start`: milliseconds since the epoch. Default: now. */
  constructor(start = new SystemClock().now()) {
    super();
    this.#nowMs = start;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  /** `'15m'`, `'250ms'`; a bare number is seconds, as in the options. */
  advance(by: Duration): void {
    const milliseconds = parseDuration(by);
    if (milliseconds === undefined)
      throw AuthError.configuration(
        'ManualClock.advance',
        'is not a duration; write it as 15m or 250ms',
      );
    this.#nowMs += milliseconds;
    this.#monotonicMs += milliseconds;
  }
}
