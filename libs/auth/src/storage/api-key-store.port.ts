import type { ActedBy } from './acted-by.js';
import type { StoreChange } from './store-change.js';
import type { SubjectState } from './subject.js';

/** A key of a machine that acts for its owner. The key itself is kept nowhere. */
export interface ApiKey {
  readonly id: string;
  /** Whose it is. */
  readonly subject: string;
  readonly name: string;
  /** Of the owner's permissions only these; undefined: all that the owner has. */
  readonly permissions?: readonly string[];
  readonly createdAt: Date;
  /** Undefined: it does not expire. */
  readonly expiresAt?: Date;
  /** To the hour. */
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
  /** The session that asked, which must be live. None: the host asked. */
  readonly sessionId?: string;
}

export interface FoundApiKey {
  readonly key: ApiKey;
  /** The owner's counters, read in the same statement as the key. */
  readonly state: SubjectState;
}

/**
 * API keys. Every method is atomic on any number of processes and durable when it resolves. A store that cannot answer throws
 * `AuthError('unavailable')` within its deadline.
 *
 * The session store of the same database removes the keys of a user who is deleted, or whose account is claimed (`endAll`), and every key in `endEverything`: a
 * backup may hold keys that were deleted after it was made.
 */
export abstract class ApiKeyStore {
  /**
   * `too_many`: the owner has `atMost` live ones; `superseded`: the session that asked has ended. Nothing was kept then. Of N simultaneous ones no
   * more than `atMost` are kept.
   */
  abstract create(
    key: NewApiKey,
    by: ActedBy,
  ): Promise<{ readonly key: ApiKey; readonly change: StoreChange } | 'too_many' | 'superseded'>;
  /** A live key by its id and hash, on the primary. It is marked as used, to the hour. */
  abstract use(id: string, hash: Buffer): Promise<FoundApiKey | undefined>;
  /** A live key by its id, on the primary. */
  abstract read(id: string): Promise<FoundApiKey | undefined>;
  /** The live keys of an owner, the oldest first. */
  abstract list(subject: string): Promise<readonly ApiKey[]>;
  /** Deletes it, with an entry in the ledger that refuses it on every process; undefined when the owner has no such key. */
  abstract remove(subject: string, id: string, by: ActedBy): Promise<StoreChange | undefined>;
  /** At most `page` expired keys; resolves with how many. Safe on many processes at once. */
  abstract removeExpired(page: number): Promise<number>;
}
