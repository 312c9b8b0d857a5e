import type { ActedBy, StoreChange } from './store-change.js';
import type { SubjectState } from './subject.js';

/** An API key, by which a machine acts for the owner. The key itself is not stored. */
export interface ApiKey {
  readonly id: string;
  /** The owner. */
  readonly subject: string;
  readonly name: string;
  /** The only permissions of the owner that the key has; undefined: all of them; empty: no role either. */
  readonly permissions?: readonly string[];
  readonly createdAt: Date;
  /** Undefined: it does not expire. */
  readonly expiresAt?: Date;
  /** Accurate to the hour. */
  readonly lastUsedAt?: Date;
}

export interface NewApiKey {
  readonly id: string;
  readonly subject: string;
  readonly name: string;
  readonly permissions?: readonly string[];
  /** SHA-256 of the whole key. */
  readonly hash: Buffer;
  readonly ttlMs?: number;
  /** Live keys that the owner may have, this one included. */
  readonly atMost: number;
  /** The session that asked, which must be live. Undefined: the host asked. */
  readonly sessionId?: string;
}

export interface FoundApiKey {
  readonly key: ApiKey;
  /** The owner's counters, read in the same statement as the key. */
  readonly state: SubjectState;
}

/**
 * API keys. Every method is atomic on any number of processes and durable when it resolves. A store that cannot answer
 * throws `AuthError('unavailable')` within its deadline.
 *
 * The session store of the same database removes the keys of a user who is deleted, or whose account is claimed
 * (`endAll`). It removes every key in `endEverything`, because a backup may hold keys that were deleted after it was
 * made.
 */
export abstract class ApiKeyStore {
  /**
   * `too_many`: the owner has `atMost` live keys. `superseded`: the session that asked has ended. In both cases
   * nothing is stored. Of N simultaneous calls at most `atMost` succeed.
   */
  abstract create(
    key: NewApiKey,
    by: ActedBy,
  ): Promise<{ readonly key: ApiKey; readonly change: StoreChange } | 'too_many' | 'superseded'>;
  /**
   * A live key by its id and hash, on the primary. It is marked as used, to the hour. A key whose deletion wrote no
   * ledger entry is never returned after it.
   */
  abstract use(id: string, hash: Buffer): Promise<FoundApiKey | undefined>;
  /** A live key by its id, on the primary. */
  abstract read(id: string): Promise<FoundApiKey | undefined>;
  /** The live keys of an owner, the oldest first. */
  abstract list(subject: string): Promise<readonly ApiKey[]>;
  /**
   * Deletes the key. One that was ever used is deleted with a ledger entry that refuses it on every process. Undefined
   * if the owner has no such key.
   */
  abstract remove(subject: string, id: string, by: ActedBy): Promise<StoreChange | undefined>;
  /** Removes at most `page` expired keys and resolves with their number. Safe on many processes at once. */
  abstract removeExpired(page: number): Promise<number>;
}
