import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { SubjectState } from '../../storage/subject.js';
import type { Turn } from './hash-queue.js';
import { Identifiers } from './identifiers.service.js';
import { PasswordHasher, type UnusableHash } from './password-hasher.service.js';
import { SubjectReader } from '../../storage/subject-reader.port.js';
import { type LoginCandidate, UserDirectory } from '../../storage/user-directory.port.js';

/** A user with the counters that were read no later than the password hash. */
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

/**
 * Compares a password. Exactly one Argon2 verification and the same reads, whoever the user is and whatever is wrong, so that neither
 * body nor time tells. (A stored hash of another form costs what that costs, until a login replaces it: then no refusal is faster.)
 * A user directory that fails or is too slow throws (`guardedUserDirectory`), and is never a refusal.
 */
@Injectable()
export class PasswordVerifier {
  /** A user whose reads stand in for those of users that do not exist, where the directory knows no counters. */
  #standIn?: string;
  /** The directory was seen to know no counters: by an id they are read first, and the user once. */
  #countersApart = false;

  constructor(
    private readonly users: UserDirectory,
    private readonly subjects: SubjectReader,
    private readonly hasher: PasswordHasher,
    private readonly identifiers: Identifiers,
  ) {}

  /** `rehash: 'replace'` is for logins: a hash of outdated parameters is replaced. `keep`: a password change says itself which one it replaces. */
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

  /** What a refusal costs, where nothing may be compared. */
  async checkNothing(password: string, turn?: Turn): Promise<void> {
    await this.hasher.verifyNothing(password, turn);
  }

  /** The user of a normalised identifier, read in the order that a login needs; takes as long for one that does not exist. */
  async find(identifier: string, tenant?: string): Promise<VerifiedCandidate | undefined> {
    return this.withSubject(await this.identifiers.find(identifier, tenant));
  }

  /** The user of an email, also where people sign in with something else. */
  async findByEmail(email: string, tenant?: string): Promise<VerifiedCandidate | undefined> {
    return this.withSubject(
      this.identifiers.canMean(tenant) ? await this.users.findByEmail(email, tenant) : undefined,
    );
  }

  /** Whose email it is, for what must not tell: `several` where the directory has it twice. */
  async ownerOf(email: string, tenant?: string): Promise<VerifiedCandidate | 'several' | undefined> {
    return this.findByEmail(email, tenant).catch((error: unknown) => {
      if (error instanceof AuthError && error.reason === 'user_ambiguous') return 'several';
      throw error;
    });
  }

  /** The user of an id, with the directory's own id and the counters as for `find`. */
  async findById(userId: string): Promise<VerifiedCandidate | undefined> {
    const subject = this.#countersApart ? await this.subjects.readSubject(userId) : undefined;
    const found = await this.users.findById(userId);
    // in another spelling than the directory's own the counters are nobody's
    if (subject && (!found || found.account.id === userId))
      return found && { ...found, subject: found.subject ?? subject };
    return this.withSubject(found);
  }

  private async withSubject(found: LoginCandidate | undefined): Promise<VerifiedCandidate | undefined> {
    if (found?.subject) return { ...found, subject: found.subject };
    if (found) this.#countersApart = true;
    const userId = found?.account.id ?? this.#standIn;
    if (userId === undefined) return undefined;
    this.#standIn = userId;
    // counters first, hash second: a password change in between then outdates the counters, never the other way round
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
    // faster than a wrong password, the right one of a disabled user would be known
    const matching = candidate.account.disabled ? 'refused' : 'accepted';
    const match = await this.hasher.verify(password, candidate.passwordHash, turn, matching);
    if (match.kind === 'unusable')
      return { kind: 'refused', reason: 'hash_unusable', userId, hash: match.reason };
    if (match.kind === 'mismatch') return { kind: 'refused', reason: 'wrong_password', userId };
    if (candidate.account.disabled) return { kind: 'refused', reason: 'disabled', userId };
    return { kind: 'verified', candidate, rehash: match.rehash };
  }

  /** Best effort: the login stands whatever becomes of it. */
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
