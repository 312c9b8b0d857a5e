import type { ActedBy, StoreChange } from './store-change.js';
import type { LedgerEntry, RevocableToken } from './ledger-entry.js';

/**
 * How far a reader has read which ledger. It is the whole snapshot of Postgres and not a last id, because
 * transactions commit in another order than they begin. `timeline` changes when a standby is promoted.
 */
export interface LedgerPosition {
  /** The id of the ledger, from `identity()`. Empty if it was lost. */
  readonly ledger: string;
  readonly timeline: number;
  /** `pg_current_snapshot()` as text: `xmin:xmax:xip,…`. */
  readonly snapshot: string;
}

/** Which ledger a process follows, and the newest timeline of it that the process knows. */
export type LedgerHistory = Pick<LedgerPosition, 'ledger' | 'timeline'>;

export interface LedgerRead {
  readonly position: LedgerPosition;
  /** The entries after the given position; without a position, all live entries. */
  readonly entries: readonly LedgerEntry[];
  /**
   * The time of the database, by which it writes expiries: a process whose clock is ahead of it must not forget entries
   * early. Milliseconds since the epoch. Default: that of the process.
   */
  readonly nowMs?: number;
}

/**
 * The durable truth. Reads go to the primary; each call has a deadline of its own and throws
 * `AuthError('unavailable')`.
 */
export abstract class RevocationLedgerStore {
  /**
   * The random id of this ledger, created once and stored with it. A copy of the database gets another id, because it
   * diverges from the original.
   */
  abstract identity(): Promise<string>;
  /**
   * Appends entries in a transaction of its own. It is durable when it resolves with the entries, and an event for
   * each entry of kind `token` and `key`. `by` is the actor in the events.
   */
  abstract append(entries: readonly LedgerEntry[], by?: ActedBy): Promise<StoreChange>;
  /**
   * The entries since `since`. Throws instead of answering from a standby, or for a position of a later timeline. For
   * a position of another ledger it returns no entries, and a position of this ledger.
   */
  abstract readSince(
    since: LedgerPosition | undefined,
    /**
     * Gets the entries of a full read (requested, or because `since` is of another history) in batches instead of
     * `entries`, so that a million need not be in memory at once. The next batch is read when its promise resolves.
     * An adapter may ignore it.
     */
    onBatch?: (entries: readonly LedgerEntry[]) => void | Promise<void>,
  ): Promise<LedgerRead>;
  /**
   * Whether the token is revoked, by one query on the primary. Throws instead of answering for another ledger than
   * those of `setHistory`.
   */
  abstract isRevoked(token: RevocableToken): Promise<boolean>;
  /**
   * Optional wake-up: calls back soon after a commit that wrote entries (LISTEN/NOTIFY). Returns a function that
   * stops it.
   */
  abstract onAppended(wake: () => void): Promise<() => Promise<void>>;
  /**
   * Optional: called once by each module on this store, with a function that tells what its view knows of the ledger's
   * history; undefined before it is filled. Returns a function that forgets it, called when the module is closed. Until
   * then every store of this database must throw instead of answering from an earlier timeline: a former primary that is still up lacks what was revoked
   * since, and loses what is revoked on it. `readSince` still answers for another ledger, so that the process learns of
   * it: the timelines of a new cluster begin at 1.
   */
  setHistory?(known: () => LedgerHistory | undefined): () => void;
  /** Optional: warnings for the operator at boot, one line each (a server that may lose acknowledged commits). */
  warnings?(): Promise<readonly string[]>;
}
