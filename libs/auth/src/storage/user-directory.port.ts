import { AuthError } from '../common/auth-error.js';
import type { AccountDirectory } from './account-directory.port.js';
import type { HostTransaction } from './sql-transaction.port.js';
import type { SubjectState, UserFacts } from './subject.js';

export interface UserAccount extends UserFacts {
  readonly id: string;
  /** Empty if the user has none and signs in with another identifier. */
  readonly email: string;
  readonly name?: string;
  /** The stored identifier of the user, if that is not the email. */
  readonly identifier?: string;
  /** Whether the email is verified. Undefined: it is not, or the directory does not know. */
  readonly emailVerified?: boolean;
}

/** A user with the data that a login is checked against. */
export interface LoginCandidate {
  readonly account: UserAccount;
  /** PHC string; undefined for users without a password (social login). */
  readonly passwordHash?: string;
  /**
   * The subject's counters, read in the same query. Undefined if the directory cannot know them; the core then reads
   * them first and asks again.
   */
  readonly subject?: SubjectState;
}

export interface NewUser {
  /** Normalised (trimmed, lower case). Empty if the host uses another identifier and no email was given. */
  readonly email: string;
  /** Normalised, where `identifier.name` is not the email. */
  readonly identifier?: string;
  /** Only where `identifier.tenant` is set. */
  readonly tenant?: string;
  readonly name?: string;
  readonly role?: string;
  readonly passwordHash: string;
  /** The host's further fields, as `registration.fields` gave them. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

export type CreateUserOutcome =
  { readonly kind: 'created'; readonly account: UserAccount } | { readonly kind: 'taken' };

/** Two users have one identifier: the login is 503, and a `user.ambiguous` event of high severity names them. */
export function ambiguousUser(one: LoginCandidate, another: LoginCandidate): AuthError {
  const userIds = [one.account.id, another.account.id];
  return new AuthError('user_ambiguous', 'two users have that identifier', {
    userIds,
    retryAfterSeconds: 60,
  });
}

/**
 * Where the users are. The smallest port that login, refresh, password change and the authoritative check need. An
 * unreachable directory throws; it never answers "no such user".
 */
export abstract class UserDirectory {
  /**
   * `email` is normalised (trimmed, NFKC, lower case), and compared in lower case whatever is stored. Where two users
   * have it: throws `ambiguousUser`, never one of them. `tenant` is there where `identifier.tenant` is set: the users
   * of another one are not found.
   */
  abstract findByEmail(email: string, tenant?: string): Promise<LoginCandidate | undefined>;
  /**
   * As `findByEmail`, by what `identifier.normalise` made of what was typed. Needed where `identifier.name` is not the
   * email.
   */
  findByIdentifier?(identifier: string, tenant?: string): Promise<LoginCandidate | undefined>;
  /**
   * Whether it keeps users by tenant; the boot stops where `identifier.tenant` says otherwise. Undefined: the directory
   * does not say.
   */
  readonly tenants?: 'kept' | 'none';
  /**
   * `account.id` is the directory's own spelling, however `id` was written. With `tx` it looks within that transaction
   * of the host's when it can.
   */
  abstract findById(id: string, tx?: HostTransaction): Promise<LoginCandidate | undefined>;
  /**
   * Replaces the hash only while it still is `expected` (a concurrent change wins); returns whether it did. With `tx`
   * it must take part in that transaction when it can.
   */
  abstract replacePasswordHash(
    id: string,
    expected: string,
    next: string,
    tx?: HostTransaction,
  ): Promise<boolean>;
  /** Needed where `accounts` is on. */
  readonly accounts?: AccountDirectory;
  /** Needed by the `register` route alone. */
  create?(user: NewUser): Promise<CreateUserOutcome>;
}
