import { Injectable, type OnModuleInit } from '@nestjs/common';
import argon2 from '@node-rs/argon2';
import { AuthError } from '../../common/auth-error.js';
import { Entropy } from '../../common/entropy.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { argon2Options, standingOf } from './argon2-parameters.js';
import { HashQueue, type Turn } from './hash-queue.js';
import { passwordBytes } from './password-text.js';

export type PasswordMatch =
  /** `needed`: made with other parameters than today's; hash it again while the password is at hand. */
  { readonly kind: 'match'; readonly rehash: 'needed' | 'current' } | { readonly kind: 'mismatch' };

const MISMATCH: PasswordMatch = { kind: 'mismatch' };

/**
 * Argon2id (RFC 9106) with the parameters of `passwords`. Every method throws `AuthError('unavailable')` when more than `passwords.maxQueue`
 * are waiting and no turn of theirs is later. A password of more than `passwords.maxBytes` matches nothing and costs nothing, whoever's it is.
 */
@Injectable()
export class PasswordHasher implements OnModuleInit {
  readonly #queue: HashQueue;
  #decoy?: Promise<string>;

  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly entropy: Entropy,
  ) {
    this.#queue = new HashQueue(options.passwords.concurrency, options.passwords.maxQueue);
  }

  async onModuleInit(): Promise<void> {
    await this.decoy();
  }

  /** How many are being hashed and how many wait, for metrics. */
  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#queue.running, waiting: this.#queue.waiting };
  }

  /** A PHC string with a fresh salt. Throws `AuthError('password_unacceptable')` for a password that is too long. */
  async hash(password: string, turn?: Turn): Promise<string> {
    const bytes = this.bytesOf(password);
    if (!bytes)
      throw new AuthError('password_unacceptable', 'the password is longer than passwords.maxBytes');
    return this.#queue.run(() => argon2.hash(bytes, argon2Options(this.options.passwords)), turn);
  }

  /** `phc` may be of other Argon2 parameters; one that is malformed is a mismatch that took as long as every other. */
  async verify(password: string, phc: string, turn?: Turn): Promise<PasswordMatch> {
    const bytes = this.bytesOf(password);
    if (!bytes) return MISMATCH;
    const standing = standingOf(phc, this.options.passwords);
    if (standing === 'unusable') {
      await this.verifyNothing(password, turn);
      return MISMATCH;
    }
    const matches = await this.#queue.run(() => argon2.verify(phc, bytes), turn);
    if (!matches) return MISMATCH;
    return { kind: 'match', rehash: standing === 'current' ? 'current' : 'needed' };
  }

  /** The work of `verify` where there is nothing to verify against, so that time does not tell who exists. */
  async verifyNothing(password: string, turn?: Turn): Promise<void> {
    const bytes = this.bytesOf(password);
    if (!bytes) return;
    const decoy = await this.decoy();
    await this.#queue.run(() => argon2.verify(decoy, bytes), turn);
  }

  private bytesOf(password: string): Buffer | undefined {
    return passwordBytes(password, this.options.passwords.maxBytes);
  }

  private decoy(): Promise<string> {
    this.#decoy ??= argon2.hash(this.entropy.bytes(32), argon2Options(this.options.passwords));
    return this.#decoy;
  }
}
