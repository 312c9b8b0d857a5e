import type { LedgerEntry, RevocableToken } from './ledger-entry.js';
import type { LedgerPosition } from './revocation-ledger.port.js';

/** Readers refuse what they do not know: a rolling upgrade must not read the wrong thing into a heartbeat. */
export const FEED_VERSION = 2;

/**
 * One link of the chain in the feed. It is appended only while its predecessor still is the head, so whoever has followed every link has
 * seen every row between them.
 */
export interface Heartbeat {
  readonly version: number;
  /** Random: two histories that parted (a fail-over, an old dump) never share one. */
  readonly id: string;
  /** Id of the head it was appended to; empty for the first of a chain. */
  readonly prev: string;
  /** Heads that were there before the snapshot's own base was appended, newest first: what a reader dates the snapshot by. */
  readonly before: readonly string[];
  /**
   * The feed holds every row this ledger position has seen. Of a `part` it is the position of the last whole heartbeat; undefined when there
   * was none.
   */
  readonly position?: LedgerPosition;
  /** `part`: more rows of the same fill follow, so it proves nothing yet. */
  readonly kind: 'whole' | 'part';
}

export type FeedItem =
  { readonly kind: 'row'; readonly entry: LedgerEntry } | { readonly kind: 'beat'; readonly beat: Heartbeat };

export interface FeedReply {
  readonly items: readonly FeedItem[];
  /** Where the next read goes on. */
  readonly cursor: string;
  /** False when the reply was cut short by its size: it does not tell what the head is. */
  readonly complete: boolean;
  /** Changes with the connection: sightings over different ones are not compared. */
  readonly connection: number;
  /** Of the server that was read, told before it was; undefined when it may not be asked. See `FeedAnswer.lineage`. */
  readonly lineage: string | undefined;
}

export interface FeedHead {
  /** The feed's last id: reading from here misses nothing that is appended later. */
  readonly cursor: string;
  readonly beat: Heartbeat | undefined;
  /** Of the server, in the same step. */
  readonly lineage: string | undefined;
}

export type AppendOutcome =
  | { readonly kind: 'appended' }
  /** Somebody else moved the head, or it was lost: this is what is there. */
  | { readonly kind: 'moved'; readonly head: Heartbeat | undefined };

export interface FeedAnswer {
  readonly verdict: 'revoked' | 'silent';
  /** The head, read in the same step as the verdict; undefined when there is none (flushed, evicted). */
  readonly head: Heartbeat | undefined;
  readonly connection: number;
  /**
   * Which server process answered, since when as a primary: another one after a restart, a fail-over or a demotion, and never the same
   * again. Only when asked for, in the same step; undefined when it may not be asked.
   */
  readonly lineage?: string | undefined;
}

export interface LookupOptions {
  /** Default `omit`: it costs the server more than the answer. */
  readonly lineage?: 'include' | 'omit';
}

/**
 * What carries revocations between processes within milliseconds. Speed, never the truth: it may lose everything at any time. Each ledger
 * (by its id) has a feed of its own in it. Every call throws `AuthError('unavailable')` within its deadline, at once while disconnected,
 * and when the server is not known to be a primary.
 */
export abstract class RevocationFeedBus {
  /** Adds rows to feed and index, and the copies for other languages. Idempotent; the greatest value wins. */
  abstract publish(ledger: string, entries: readonly LedgerEntry[]): Promise<void>;
  /** In one step: if the head still is `beat.prev`, adds the rows and makes the beat the head. At most `maxRows` rows. */
  abstract append(ledger: string, entries: readonly LedgerEntry[], beat: Heartbeat): Promise<AppendOutcome>;
  abstract readonly maxRows: number;
  abstract head(ledger: string): Promise<FeedHead>;
  /** What was appended after `cursor`; waits up to `blockMs` for the first item. */
  abstract read(ledger: string, cursor: string, blockMs: number): Promise<FeedReply>;
  /** Every entry of the index; the returned head was read before the first of them. Throws when the index changed hands meanwhile. */
  abstract snapshot(ledger: string, add: (entry: LedgerEntry) => void): Promise<FeedHead>;
  /** The index and the head, in one step. */
  abstract lookup(ledger: string, token: RevocableToken, options?: LookupOptions): Promise<FeedAnswer>;
  /**
   * Says for some seconds that `signers` (RFC 7638 thumbprints) sign what this ledger can revoke. Answers which other ledgers were announced
   * lately: applications that share a Redis.
   */
  abstract announce(ledger: string, signers: readonly string[]): Promise<readonly string[]>;
  /** The ledgers that were announced lately for any of these signers: who has no ledger of its own follows the one. */
  abstract ledgersOf(signers: readonly string[]): Promise<readonly string[]>;
  /** What the operator should know at boot, one line each (eviction policy). Empty when it cannot be asked. */
  abstract warnings(): Promise<readonly string[]>;
}
