import type { HostTransaction } from './host-transaction.js';
import type { SubjectState } from './subject.js';

/** Whose a one-time token is, and what it does not outlive. */
export interface TokenOwner {
  readonly subject: string;
  /** The session epoch as read with what led to the token; another one at issue refuses it. */
  readonly epoch: number;
  /**
   * `credentials`: it dies when the password changes and when the user is disabled or deleted. `sessions`: also with whatever moves the
   * session epoch (sign-out everywhere, the end of other sessions, reuse).
   */
  readonly diesWith: 'credentials' | 'sessions';
  /** Live ones of its kind that the subject may have, this one included; the oldest beyond it die. At least 1. */
  readonly atMost: number;
}

export interface NewOneTimeToken {
  /** SHA-256 of the token. The token itself is kept nowhere. */
  readonly hash: Buffer;
  /** A token of another kind is not a token. */
  readonly kind: string;
  /** None: nobody is known yet (the challenge of a sign-in without a name). Such a token dies by its age alone. */
  readonly owner?: TokenOwner;
  /** Comes back with the token; no secret in it. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly ttlMs: number;
  /** How often `attempt` answers. Default 1. */
  readonly tries?: number;
}

export interface OneTimeToken {
  /** The subject's counters, read in the same statement as the token. */
  readonly owner?: { readonly subject: string; readonly state: SubjectState };
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * What was mailed, or handed out between two steps, and works once. Every method is atomic on any number of processes and durable when it
 * resolves; times are the database's. A store that cannot answer throws `AuthError('unavailable')` within its deadline.
 *
 * The session store of the same database removes all tokens of a subject in the transaction in which the password changes or the user is disabled or
 * deleted (`replaceAndEndOthers`, `endAll` with these reasons), and every token in `endEverything`.
 */
export abstract class OneTimeTokenStore {
  /** Serialised with everything that bumps the subject. `superseded`: the epoch moved since it was read; nothing was kept. */
  abstract issue(token: NewOneTimeToken): Promise<'issued' | 'superseded'>;
  /** What a live token holds; spends nothing. */
  abstract read(kind: string, hash: Buffer): Promise<OneTimeToken | undefined>;
  /** As `read`, and counts a try; undefined once none is left. Of N simultaneous ones no more than `tries` get an answer. */
  abstract attempt(kind: string, hash: Buffer): Promise<OneTimeToken | undefined>;
  /**
   * Spends a live token in one statement, whatever tries are left: of N simultaneous uses exactly one gets it. With `tx` it takes part in that
   * transaction, and is not spent when that is rolled back.
   */
  abstract redeem(kind: string, hash: Buffer, tx?: HostTransaction): Promise<OneTimeToken | undefined>;
  /**
   * Keeps what was used, so that it is used once: of N simultaneous calls with one hash exactly one is `first`, and every later one is `again` for at
   * least `ttlMs`. It is read and redeemed like a token of nobody.
   */
  abstract once(use: Pick<NewOneTimeToken, 'hash' | 'kind' | 'data' | 'ttlMs'>): Promise<'first' | 'again'>;
  /** Every token of a subject dies: its email changed. */
  abstract removeOf(subject: string, tx?: HostTransaction): Promise<void>;
  /** At most `page` expired rows; resolves with how many. Safe on many processes at once. */
  abstract removeExpired(page: number): Promise<number>;
}
