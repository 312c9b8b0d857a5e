import type { Clock } from '../../../common/clock.js';

/**
 * Less than the time by which an entry outlives its tokens, minus the clock tolerance
 * (common/ledger-entry.ts).
 */
const TURNED_BACK_MS = 120_000;

/**
 * The time by which expired entries are dropped, in milliseconds since the epoch. If the wall clock
 * jumps ahead and returns, no entry that is still needed must be dropped. So this clock is never
 * faster than the monotonic clock, nor ahead of the database, whose time the expiries are.
 */
export class ExpiryClock {
  #wall: number;
  #mono: number;
  /** How far this process is ahead of the database. */
  #aheadMs = 0;

  constructor(private readonly clock: Clock) {
    this.#wall = clock.now();
    this.#mono = clock.monotonic();
  }

  now(): number {
    return Math.min(this.clock.now(), this.#steady()) - this.#aheadMs;
  }

  /** `nowMs`: the time of the database, read after it was `wallMs` here. */
  databaseSaid(nowMs: number, wallMs: number): void {
    this.#aheadMs = Math.max(0, wallMs - nowMs);
  }

  /**
   * What a heartbeat says, for a process that cannot ask the database. A late one makes it keep entries longer, which
   * is the safe side.
   */
  heard(nowMs: number | undefined): void {
    if (nowMs !== undefined) this.databaseSaid(nowMs, this.clock.now());
  }

  /** True once after the wall clock was set back by minutes: the entries that were dropped must be fetched again. */
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
