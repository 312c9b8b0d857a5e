import type { LedgerEntry, RevocableToken } from './ledger-entry.js';
import type { LedgerPosition } from './revocation-ledger.port.js';

/** Readers refuse other versions, so that they cannot misread a heartbeat during a rolling upgrade. */
export const FEED_VERSION = 2;

/**
 * One link of the chain in the feed. It is appended only while its predecessor is still the head. So a reader that
 * has followed every link has seen every row between them.
 */
export interface Heartbeat {
  readonly version: number;
  /** Random, so that two diverged histories (a fail-over, an old dump) never share an id. */
  readonly id: string;
  /** Id of the head it was appended to; empty for the first of a chain. */
  readonly prev: string;
  /**
   * Heads that existed before the snapshot's own base was appended, the newest first. A reader uses them to date the
   * snapshot.
   */
  readonly before: readonly string[];
  /**
   * The feed holds every row up to this ledger position. For a `part` it is the position of the last whole heartbeat;
   * undefined if there was none.
   */
  readonly position?: LedgerPosition;
  /**
   * The time of the database at that position, by which it writes expiries (milliseconds since the epoch). For a
   * `part` as `position`. Undefined: the ledger does not tell it, or an earlier release wrote the heartbeat.
   */
  readonly nowMs?: number;
  /** `part`: more rows of the same fill follow, so it proves nothing yet. */
  readonly kind: 'whole' | 'part';
}

export type FeedItem =
  | { readonly kind: 'row'; readonly entry: LedgerEntry }
  | { readonly kind: 'beat'; readonly beat: Heartbeat };

export interface FeedReply {
  readonly items: readonly FeedItem[];
  /** Where the next read continues. */
  readonly cursor: string;
  /** False if the reply was cut because of its size. It then does not show the head. */
  readonly complete: boolean;
  /** Changes with each connection, because sightings over different connections must not be compared. */
  readonly connection: number;
  /**
   * The lineage of the server, read before the rows; undefined if the server may not be asked. See
   * `FeedAnswer.lineage`.
   */
  readonly lineage: string | undefined;
}

export interface FeedHead {
  /** The feed's last id: reading from here misses nothing that is appended later. */
  readonly cursor: string;
  readonly beat: Heartbeat | undefined;
  /** The lineage of the server, read in the same step. */
  readonly lineage: string | undefined;
}

export type AppendOutcome =
  | { readonly kind: 'appended' }
  /** Another process moved the head, or it was lost. `head` is the present one. */
  | { readonly kind: 'moved'; readonly head: Heartbeat | undefined };

export interface FeedAnswer {
  readonly verdict: 'revoked' | 'silent';
  /** The head, read in the same step as the verdict; undefined when there is none (flushed, evicted). */
  readonly head: Heartbeat | undefined;
  readonly connection: number;
  /**
   * Identifies the server process that answered, and its time as a primary. It changes after a restart, a fail-over
   * or a demotion, and never repeats. Only on request, in the same step; undefined if the server may not be asked.
   */
  readonly lineage?: string | undefined;
}

export interface LookupOptions {
  /** Default `omit`, because it costs the server more than the answer itself. */
  readonly lineage?: 'include' | 'omit';
}

/**
 * Carries revocations between processes within milliseconds. It is only for speed and may lose everything at any time;
 * the ledger is the truth. Each ledger (by its id) has its own feed in it. Every call throws `AuthError('unavailable')`
 * within its deadline, at once while disconnected, and when the server is not known to be a primary.
 */
export abstract class RevocationFeedBus {
  /** Adds rows to the feed, the index and the copies for other languages. Idempotent: the greatest value wins. */
  abstract publish(ledger: string, entries: readonly LedgerEntry[]): Promise<void>;
  /**
   * In one step: if the head still is `beat.prev`, adds the rows and makes the beat the head. At most `maxRows` rows.
   */
  abstract append(
    ledger: string,
    entries: readonly LedgerEntry[],
    beat: Heartbeat,
  ): Promise<AppendOutcome>;
  abstract readonly maxRows: number;
  abstract head(ledger: string): Promise<FeedHead>;
  /** The items after `cursor`. Waits up to `blockMs` for the first one. */
  abstract read(ledger: string, cursor: string, blockMs: number): Promise<FeedReply>;
  /**
   * Passes on every entry of the index. The returned head was read before the first of them. Throws if the index was
   * replaced meanwhile.
   */
  abstract snapshot(ledger: string, add: (entry: LedgerEntry) => void): Promise<FeedHead>;
  /** The index and the head, in one step. */
  abstract lookup(
    ledger: string,
    token: RevocableToken,
    options?: LookupOptions,
  ): Promise<FeedAnswer>;
  /**
   * Announces for some seconds that this ledger can revoke tokens of `signers` (RFC 7638 thumbprints). Returns the
   * other ledgers that were announced recently: applications that share the Redis.
   */
  abstract announce(ledger: string, signers: readonly string[]): Promise<readonly string[]>;
  /**
   * The ledgers that were announced recently for any of these signers. A process without a ledger follows the only one.
   */
  abstract ledgersOf(signers: readonly string[]): Promise<readonly string[]>;
  /**
   * Optional: called with the module's `revocation.maxStaleness`, in milliseconds, before anything is read. An adapter
   * that cannot see by itself whether the server still takes what is written must not name its lineage for longer.
   */
  setMaxStaleness?(ms: number): void;
  /** Warnings for the operator at boot, one line each (eviction policy). Empty if the server cannot be asked. */
  abstract warnings(): Promise<readonly string[]>;
}
