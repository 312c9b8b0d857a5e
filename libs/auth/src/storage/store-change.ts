import type { AuthEventInput } from './auth-event.js';
import type { LedgerEntry } from './ledger-entry.js';

/**
 * What a store wrote in its transaction, so that the caller can announce it after the commit. A store with an audit
 * trail has already written a row for each event, so the caller must not record them again.
 */
export interface StoreChange {
  readonly entries: readonly LedgerEntry[];
  readonly events: readonly AuthEventInput[];
}
