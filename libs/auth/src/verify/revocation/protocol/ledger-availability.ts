import type { Clock } from '../../../common/clock.js';

/** Whether PostgreSQL answers this process, by whoever asked last: the step or a request. */
export class LedgerAvailability {
  #away: { readonly sinceMs: number; readonly lastMs: number } | undefined;

  constructor(private readonly clock: Clock) {}

  answered(): void {
    this.#away = undefined;
  }

  failed(): void {
    const lastMs = this.clock.monotonic();
    this.#away = { sinceMs: this.#away?.sinceMs ?? lastMs, lastMs };
  }

  /** Milliseconds from the first to the last of the questions that were left unanswered in a row: a single one may be this process's own pause. */
  awayMs(): number {
    return this.#away ? this.#away.lastMs - this.#away.sinceMs : 0;
  }
}
