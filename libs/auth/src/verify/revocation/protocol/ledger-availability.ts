import type { Clock } from '../../../common/clock.js';

/** Whether PostgreSQL answers this process; the last caller decides, a step or a request. */
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

  /**
   * Milliseconds from the first to the last of the unanswered queries in a row. A single one may be
   * a pause of this process.
   */
  awayMs(): number {
    return this.#away ? this.#away.lastMs - this.#away.sinceMs : 0;
  }
}
