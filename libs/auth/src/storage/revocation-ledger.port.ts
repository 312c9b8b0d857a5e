import type { ActedBy } from './acted-by.js';
import type { LedgerEntry, RevocableToken } from './ledger-entry.js';
import type { StoreChange } from './store-change.js';

/**
 * How far a reader has seen which ledger: Postgres's whole snapshot, not a last id, because transactions commit in another order than they
 * began. `timeline` changes when a standby is promoted.
 */
export interface LedgerPosition {
  /** Whose it is: what `identity()` answered. Empty when it was lost. */
  readonly ledger: string;
  readonly timeline: number;
  /** `pg_current_snapshot()` as text: `xmin:xmax:xip,…`. */
  readonly snapshot: string;
}

export interface LedgerRead {
  readonly position: LedgerPosition;
  /** Entries that the given position had not seen; all live ones without a position. */
  readonly entries: readonly LedgerEntry[];
}

/** The durable truth. Reads go to the primary; each call has a deadline of its own and throws `AuthError('unavailable')`. */
export abstract class RevocationLedgerStore {
  /**
   * The random id of this ledger, made once and kept with it. A copy of the database gets another one: it goes its own way from there on.
   */
  abstract identity(): Promise<string>;
  /**
   * In a transaction of its own; durable when it resolves with the entries and an event for each of kind `token` and `key`. `by` is whom the
   * events name.
   */
  abstract append(entries: readonly LedgerEntry[], by?: ActedBy): Promise<StoreChange>;
  /**
   * What is new since `since`; refuses (throws) to answer from a standby or for a position of a later timeline. For a position of another
   * ledger there are no entries: the answer's position names this one.
   */
  abstract readSince(
    since: LedgerPosition | undefined,
    /**
     * Takes the entries of a full read (asked for, or because `since` is of another history) in batches, in place of `entries`, so that a
     * million need not be in memory at once; the next batch is read when its promise resolves. An adapter may ignore it.
     */
    onBatch?: (entries: readonly LedgerEntry[]) => void | Promise<void>,
  ): Promise<LedgerRead>;
  /** The strict question, one query. */
  abstract isRevoked(token: RevocableToken): Promise<boolean>;
  /** Optional wake-up: calls back soon after a commit that wrote entries (LISTEN/NOTIFY). Returns how to stop it. */
  abstract onAppended(wake: () => void): Promise<() => Promise<void>>;
  /** Optional: what the operator should know at boot, one line each (a server that may forget what it acknowledged). */
  warnings?(): Promise<readonly string[]>;
}
