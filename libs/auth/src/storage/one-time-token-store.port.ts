import type { Alongside } from './session-store.port.js';
import type { HostTransaction } from './sql-transaction.port.js';
import type { SubjectState } from './subject.js';

/** The owner of a one-time token, and the changes that make it invalid. */
export interface TokenOwner {
  readonly subject: string;
  /** The session epoch, as read with the facts that led to the token. Issuing fails if the epoch has changed. */
  readonly epoch: number;
  /**
   * `credentials`: it becomes invalid when the password changes and when the user is disabled or deleted. `sessions`:
   * also with everything that changes the session epoch (sign-out everywhere, the end of other sessions, reuse).
   */
  readonly diesWith: 'credentials' | 'sessions';
  /**
   * How many live tokens of this kind the subject may have, this one included. The oldest beyond it become invalid.
   * At least 1.
   */
  readonly atMost: number;
}

export interface NewOneTimeToken {
  /** SHA-256 of the token. The token itself is not stored. */
  readonly hash: Buffer;
  /** A token is only valid for its own kind. */
  readonly kind: string;
  /** Undefined: the user is not known yet (the challenge of a sign-in without a name). Such a token only expires. */
  readonly owner?: TokenOwner;
  /** Returned with the token. It must not contain secrets. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly ttlMs: number;
  /** How often `attempt` answers. Default 1. */
  readonly tries?: number;
}

/** What a token is spent together with. */
export interface SpentAlongside extends Pick<Alongside, 'tx' | 'work'> {
  /**
   * `owner_first`: the transaction goes on to change the owner and to end sessions. A store that locks rows then locks
   * the user and the subject before the token, as everything else does: otherwise two can wait for each other.
   */
  readonly locks?: 'owner_first';
}

export interface OneTimeToken {
  /** The subject's counters, read in the same statement as the token. */
  readonly owner?: { readonly subject: string; readonly state: SubjectState };
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * Tokens that work once: mailed, or issued between two steps. Every method is atomic on any number of processes and
 * durable when it resolves; times are the database's. A store that cannot answer throws `AuthError('unavailable')`
 * within its deadline.
 *
 * The session store of the same database removes all tokens of a subject in the transaction in which the password
 * changes or the user is disabled or deleted (`replaceAndEndOthers`, `endAll` with these reasons), and every token in
 * `endEverything`.
 */
export abstract class OneTimeTokenStore {
  /**
   * Serialised with every change of the subject's counters. `superseded`: the epoch has changed since it was read,
   * and nothing was stored.
   */
  abstract issue(token: NewOneTimeToken): Promise<'issued' | 'superseded'>;
  /** The content of a live token, without spending it. */
  abstract read(kind: string, hash: Buffer): Promise<OneTimeToken | undefined>;
  /**
   * Like `read`, and counts a try. Undefined if no try is left. Of N simultaneous calls at most `tries` get an answer.
   */
  abstract attempt(kind: string, hash: Buffer): Promise<OneTimeToken | undefined>;
  /**
   * Spends a live token in one statement, regardless of its tries. Of N simultaneous uses exactly one gets it. With
   * `tx` it takes part in that transaction, and is not spent if the transaction is rolled back. `work` runs first in
   * the token's own transaction, and is undone where the token is not live.
   */
  abstract redeem(
    kind: string,
    hash: Buffer,
    alongside?: SpentAlongside,
  ): Promise<OneTimeToken | undefined>;
  /**
   * Records a use, so that something can be used only once. Of N simultaneous calls with one hash exactly one is
   * `first`, and every later one is `again`, for at least `ttlMs`. An expired record that was not removed yet does not
   * count. The record can be read and redeemed like a token without an owner.
   */
  abstract once(
    use: Pick<NewOneTimeToken, 'hash' | 'kind' | 'data' | 'ttlMs'>,
  ): Promise<'first' | 'again'>;
  /**
   * Keeps `{ at }` under the hash, and a greater `at` replaces a smaller one in one statement, so that in any order of
   * calls, and if a process dies between them, the greatest is kept, for at least `ttlMs` after it came. It can be read
   * like a token without an owner.
   */
  abstract keepGreatest(
    mark: Pick<NewOneTimeToken, 'hash' | 'kind' | 'ttlMs'> & { readonly at: number },
  ): Promise<void>;
  /** Removes every token of a subject, because the email changed. */
  abstract removeOf(subject: string, tx?: HostTransaction): Promise<void>;
  /** Removes at most `page` expired rows and resolves with their number. Safe on many processes at once. */
  abstract removeExpired(page: number): Promise<number>;
}
