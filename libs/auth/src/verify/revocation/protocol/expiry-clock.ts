import type { Clock } from '../../../common/clock.js';

/** Less than what an entry outlives its tokens by, clock tolerance taken off (common/ledger-entry.ts). */
const TURNED_BACK_MS = 120_000;

/**
 * Milliseconds since the epoch for dropping expired entries. A wall clock that jumps ahead and returns must not drop what still matters:
 * this one goes no faster than the monotonic clock.
 */
export class ExpiryClock {
  #wall: number;
  #mono: number;

  constructor(private readonly clock: Clock) {
    this.#wall = clock.now();
    this.#mono = clock.monotonic();
  }

  now(): number {
    return Math.min(this.clock.now(), this.#steady());
  }

  /** True once after the wall clock was set back by minutes: what was dropped by the old reading must be fetched again. */
  turnedBack(): boolean {
    const wall = this.clock.now();
    if (wall >= this.#steady() - TURNED_BACK_MS) return false;
    this.#wall = wall;
    this.#mono = this.clock.monotonic();
    return true;
  }

  #steady(): number {
    return this.#wall + this.clock.monotonic() - this.#mono;
  }
}
