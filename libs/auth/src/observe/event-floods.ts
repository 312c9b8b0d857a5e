import { RecentValues } from '../common/recent-values.js';
import type { AuthEvent } from '../storage/auth-event.js';
import { foldOf } from '../storage/audit-record.js';

const MAX_FOLDS = 10_000;

/**
 * Thins out what anybody can cause at will, for who would have work with each: of one kind, account or address, and minute so many pass, and the
 * next one after them, in another minute, says how many did not. Past 10,000 at a time the oldest are forgotten.
 */
export class EventFloods {
  readonly #passed = new RecentValues<string, number>(MAX_FOLDS);
  /** How many events of a type were held back since one of it passed. */
  readonly #held = new Map<AuthEvent['type'], number>();

  constructor(private readonly perMinute: number) {}

  /** Where the event passes: how many of its type were held back before it. */
  pass(event: AuthEvent): number | 'held' {
    const fold = foldOf(event);
    if (fold === undefined) return 0;
    const passed = this.#passed.get(fold) ?? 0;
    if (passed >= this.perMinute) {
      this.#held.set(event.type, (this.#held.get(event.type) ?? 0) + 1);
      return 'held';
    }
    this.#passed.set(fold, passed + 1);
    const held = this.#held.get(event.type) ?? 0;
    this.#held.delete(event.type);
    return held;
  }
}
