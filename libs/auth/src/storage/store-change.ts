import type { AuthEventInput } from './auth-event.js';
import type { LedgerEntry } from './ledger-entry.js';

/**
 * What a change of a store wrote in its transaction, for whoever tells others of it after the commit. A store that keeps an audit trail has
 * written each event there as a row: nobody builds or records them a second time.
 */
export interface StoreChange {
  readonly entries: readonly LedgerEntry[];
  readonly events: readonly AuthEventInput[];
}
