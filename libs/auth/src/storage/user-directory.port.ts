import { AuthError } from '../common/auth-error.js';
import type { HostTransaction } from './host-transaction.js';
import type { SubjectState, UserFacts } from './subject.js';

export interface UserAccount extends UserFacts {
  readonly id: string;
  readonly email: string;
  readonly name?: string;
}

/** A user with what a login is checked against. */
export interface LoginCandidate {
  readonly account: UserAccount;
  /** PHC string; undefined for users that have no password (social login). */
  readonly passwordHash?: string;
  /** The subject's counters, read in the same query; undefined when the directory cannot know them: the core then reads them first and asks again. */
  readonly subject?: SubjectState;
}

export interface NewUser {
  /** Normalised (trimmed, lower case). */
  readonly email: string;
  readonly name?: string;
  readonly role?: string;
  readonly passwordHash: string;
}

export type CreateUserOutcome =
  { readonly kind: 'created'; readonly account: UserAccount } | { readonly kind: 'taken' };

/** Two users have one identifier: the login is 503, and a `user.ambiguous` event names them. */
export function ambiguousUser(one: LoginCandidate, another: LoginCandidate): AuthError {
  const userIds = [one.account.id, another.account.id];
  return new AuthError('user_ambiguous', 'two users have that email', { userIds, retryAfterSeconds: 60 });
}

/**
 * Where the users are. The smallest port that login, refresh, password change and the authoritative check need. An unreachable directory
 * throws; it never answers "no such user".
 */
export abstract class UserDirectory {
  /**
   * `email` is normalised (trimmed, NFKC, lower case), and compared in lower case whatever is stored. Where two users have it: throws
   * `ambiguousUser`, never one of them.
   */
  abstract findByEmail(email: string): Promise<LoginCandidate | undefined>;
  /**
   * `account.id` is the directory's own spelling, however `id` was written. With `tx` it looks within that transaction of the host's when it can.
   */
  abstract findById(id: string, tx?: HostTransaction): Promise<LoginCandidate | undefined>;
  /**
   * Replaces the hash only while it still is `expected` (a concurrent change wins); returns whether it did. With `tx` it must take part in that
   * transaction when it can.
   */
  abstract replacePasswordHash(
    id: string,
    expected: string,
    next: string,
    tx?: HostTransaction,
  ): Promise<boolean>;
  /** Needed by the `register` route alone. */
  create?(user: NewUser): Promise<CreateUserOutcome>;
}
