import { RecentValues } from '../common/recent-values.js';
import type { AuthEvent } from '../storage/auth-event.js';
import { foldOf } from '../storage/audit-record.js';

const MAX_FOLDS = 10_000;

/**
 * Reduces events that anybody can cause at will. For each kind, and account or address, a fixed number passes in a
 * minute. The first one in a later minute carries the number that were held back. Beyond 10,000 accounts and
 * addresses the oldest are forgotten.
 */
export class EventFloods {
  readonly #passed = new RecentValues<string, number>(MAX_FOLDS);
  /** How many events of a type were held back since the last one passed. */
  readonly #held = new Map<AuthEvent['type'], number>();

  constructor(private readonly perMinute: number) {}

  /** If the event passes: how many of its type were held back before it. */
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
