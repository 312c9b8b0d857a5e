import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { SubjectState } from '../../storage/subject.js';
import type { Turn } from './hash-queue.js';
import { Identifiers } from './identifiers.service.js';
import { PasswordHasher, type UnusableHash } from './password-hasher.service.js';
import { SubjectReader } from '../../storage/subject-reader.port.js';
import { type LoginCandidate, UserDirectory } from '../../storage/user-directory.port.js';

/** A user, with counters that were read no later than the password hash. */
export type VerifiedCandidate = LoginCandidate & { readonly subject: SubjectState };

export type PasswordRefusal =
  'unknown_user' | 'wrong_password' | 'no_password' | 'hash_unusable' | 'disabled';

export type PasswordOutcome =
  | { readonly kind: 'verified'; readonly candidate: VerifiedCandidate }
  /** `reason` is private: the answer is the same for all. */
  | {
      readonly kind: 'refused';
      readonly reason: PasswordRefusal;
      readonly userId?: string;
      readonly hash?: UnusableHash;
    };

/** The user who may sign in; `reason` is private, and continues the sentence “the user is …”. */
export type SignerOutcome =
  | { readonly kind: 'found'; readonly candidate: VerifiedCandidate }
  | { readonly kind: 'refused'; readonly reason: 'gone' | 'disabled' | 'of another tenant' };

/**
 * Compares a password. There is exactly one Argon2 verification and the same reads for every user and every error, so
 * that neither the body nor the time reveals anything. (A stored hash of another form takes its own time until a login
 * replaces it; then no refusal is faster.) If the user directory fails or is too slow, an error is thrown
 * (`guardedUserDirectory`): that is never a refusal.
 */
@Injectable()
export class PasswordVerifier {
  /** A user who is read instead of one that does not exist, if the directory has no counters. */
  #standIn?: string;
  /**
   * The directory was found to have no counters. Then, for an id, the counters are read first, and
   * the user once.
   */
  #countersApart = false;

  constructor(
    private readonly users: UserDirectory,
    private readonly subjects: SubjectReader,
    private readonly hasher: PasswordHasher,
    private readonly identifiers: Identifiers,
  ) {}

  /**
   * `rehash: 'replace'` is for logins: a hash with outdated parameters is replaced. `keep` is for a
   * password change, which replaces the hash itself.
   */
  async check(
    candidate: VerifiedCandidate | undefined,
    password: string,
    { rehash: wanted, turn }: { readonly rehash: 'replace' | 'keep'; readonly turn?: Turn },
  ): Promise<PasswordOutcome> {
    const { rehash, ...outcome } = await this.compare(candidate, password, turn);
    return outcome.kind === 'verified' && rehash === 'needed' && wanted === 'replace'
      ? { kind: 'verified', candidate: await this.rehash(outcome.candidate, password, turn) }
      : outcome;
  }

  /** Takes as long as a refusal, when no password may be compared. */
  async checkNothing(password: string, turn?: Turn): Promise<void> {
    await this.hasher.verifyNothing(password, turn);
  }

  /**
   * The user of a normalised identifier, read in the order that a login needs. It takes as long for
   * a user that does not exist.
   */
  async find(identifier: string, tenant?: string): Promise<VerifiedCandidate | undefined> {
    return this.withSubject(await this.identifiers.find(identifier, tenant));
  }

  /** The user of an email, even if people sign in with something else. */
  async findByEmail(email: string, tenant?: string): Promise<VerifiedCandidate | undefined> {
    return this.withSubject(
      this.identifiers.canMean(tenant) ? await this.users.findByEmail(email, tenant) : undefined,
    );
  }

  /** The owner of an email, for requests that must not reveal it. `several` if the directory has the email twice. */
  async ownerOf(
    email: string,
    tenant?: string,
  ): Promise<VerifiedCandidate | 'several' | undefined> {
    return this.findByEmail(email, tenant).catch((error: unknown) => {
      if (error instanceof AuthError && error.reason === 'user_ambiguous') return 'several';
      throw error;
    });
  }

  /** The user of an id, with the directory's own id, and with the counters as for `find`. */
  async findById(userId: string): Promise<VerifiedCandidate | undefined> {
    const subject = this.#countersApart ? await this.subjects.readSubject(userId) : undefined;
    const found = await this.users.findById(userId);
    // if the directory spells the id differently, the counters belong to no user
    if (subject && (!found || found.account.id === userId))
      return found && { ...found, subject: found.subject ?? subject };
    return this.withSubject(found);
  }

  /**
   * The user whom a passkey, a ticket or a provider has named, read as by `findById`. As with a
   * password, a disabled user and one of another tenant than the request's are refused.
   */
  async findSigner(userId: string, tenant: string | undefined): Promise<SignerOutcome> {
    const candidate = await this.findById(userId);
    if (!candidate) return { kind: 'refused', reason: 'gone' };
    if (candidate.account.disabled) return { kind: 'refused', reason: 'disabled' };
    if (!this.identifiers.canMeanUser(candidate.account, tenant))
      return { kind: 'refused', reason: 'of another tenant' };
    return { kind: 'found', candidate };
  }

  private async withSubject(
    found: LoginCandidate | undefined,
  ): Promise<VerifiedCandidate | undefined> {
    if (found?.subject) return { ...found, subject: found.subject };
    if (found) this.#countersApart = true;
    const userId = found?.account.id ?? this.#standIn;
    if (userId === undefined) return undefined;
    this.#standIn = userId;
    // counters first, hash second: a password change in between then makes the counters outdated,
    // which is the safe direction
    const subject = await this.subjects.readSubject(userId);
    const again = await this.users.findById(userId);
    return found && again && { ...again, subject };
  }

  private async compare(
    candidate: VerifiedCandidate | undefined,
    password: string,
    turn: Turn | undefined,
  ): Promise<PasswordOutcome & { readonly rehash?: 'needed' | 'current' }> {
    const userId = candidate?.account.id;
    if (!candidate?.passwordHash) {
      await this.hasher.verifyNothing(password, turn);
      return { kind: 'refused', reason: candidate ? 'no_password' : 'unknown_user', userId };
    }
    // if it were faster than a wrong password, it would reveal the right password of a disabled user
    const matching = candidate.account.disabled ? 'refused' : 'accepted';
    const match = await this.hasher.verify(password, candidate.passwordHash, turn, matching);
    if (match.kind === 'unusable')
      return { kind: 'refused', reason: 'hash_unusable', userId, hash: match.reason };
    if (match.kind === 'mismatch') return { kind: 'refused', reason: 'wrong_password', userId };
    if (candidate.account.disabled) return { kind: 'refused', reason: 'disabled', userId };
    return { kind: 'verified', candidate, rehash: match.rehash };
  }

  /** Best effort: the login succeeds even if this fails. */
  private async rehash(
    candidate: VerifiedCandidate,
    password: string,
    turn: Turn | undefined,
  ): Promise<VerifiedCandidate> {
    const { account, passwordHash: expected } = candidate;
    if (!expected) return candidate;
    try {
      const next = await this.hasher.hash(password, turn);
      const replaced = await this.users.replacePasswordHash(account.id, expected, next);
      return replaced ? { ...candidate, passwordHash: next } : candidate;
    } catch {
      return candidate;
    }
  }
}
