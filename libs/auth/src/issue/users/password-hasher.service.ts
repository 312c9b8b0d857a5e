import { setTimeout } from 'node:timers/promises';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import argon2 from '@node-rs/argon2';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import { Entropy } from '../../common/entropy.js';
import { MOST_MEMORY_KIB } from '../../options/auth-schema.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { argon2Options, isCurrent } from './argon2-parameters.js';
import { HashQueue, type Turn } from './hash-queue.js';
import { comparedTexts, passwordBytes } from './password-text.js';
import { RefusalPace, TODAY } from './refusal-pace.js';
import { recognise } from './stored-hashes/recognise.js';
import type { StoredHash } from './stored-hashes/stored-hash.js';

export type PasswordMatch =
  /** `needed`: the hash has other parameters than the current ones; hash the password again while it is available. */
  | { readonly kind: 'match'; readonly rehash: 'needed' | 'current' }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'unusable'; readonly reason: UnusableHash };

/**
 * No reader recognises the hash, or its parameters need more time or memory than
 * `passwords.storedHashLimit` allows.
 */
export type UnusableHash = 'unrecognised' | 'too_costly';

const MISMATCH: PasswordMatch = { kind: 'mismatch' };

/**
 * Argon2id (RFC 9106) with the parameters of `passwords`. Every method throws `AuthError('unavailable')` if more than
 * `passwords.maxQueue` jobs wait and none of them has a later turn. A password of more than `passwords.maxBytes`
 * matches no hash and is never hashed, for every user.
 */
@Injectable()
export class PasswordHasher implements OnModuleInit {
  readonly #queue: HashQueue;
  readonly #pace: RefusalPace;
  #decoy?: Promise<string>;

  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly entropy: Entropy,
    private readonly clock: Clock,
  ) {
    this.#queue = new HashQueue(options.passwords.concurrency, options.passwords.maxQueue);
    this.#pace = new RefusalPace(clock, (ms) => setTimeout(ms));
  }

  /** Measures a current hash first, so that even the first refusal of an old hash is not faster. */
  async onModuleInit(): Promise<void> {
    const startedMs = this.clock.monotonic();
    await this.decoy();
    this.#pace.note(TODAY, this.clock.monotonic() - startedMs);
  }

  /** How many passwords are being hashed and how many wait, for metrics. */
  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#queue.running, waiting: this.#queue.waiting };
  }

  /**
   * A PHC string with a new salt. Throws `AuthError('password_unacceptable')` for a password that
   * is too long.
   */
  async hash(password: string, turn?: Turn): Promise<string> {
    const bytes = passwordBytes(password, this.options.passwords.maxBytes);
    if (!bytes)
      throw new AuthError(
        'password_unacceptable',
        'the password is longer than passwords.maxBytes',
      );
    return this.#queue.run(() => argon2.hash(bytes, argon2Options(this.options.passwords)), turn);
  }

  /**
   * Compares with a current hash, or with any form that `recognise` reads. `matching: 'refused'`: the user will be
   * refused in any case, and a match takes as long as a mismatch. Rejects with `AuthError('unavailable')` if the hash
   * cannot be compared now (its package is missing, a hook failed).
   */
  async verify(
    password: string,
    hash: string,
    turn?: Turn,
    matching: 'accepted' | 'refused' = 'accepted',
  ): Promise<PasswordMatch> {
    const texts = this.textsOf(password);
    if (!texts) return MISMATCH;
    const stored = this.storedAs(hash);
    if (typeof stored === 'string') {
      await this.verifyNothing(password, turn);
      return { kind: 'unusable', reason: stored };
    }
    const matched = await this.timed(stored, texts, { turn, matching });
    if (matched === undefined) return MISMATCH;
    const isCurrent = stored.form === TODAY && matched === texts[0];
    return { kind: 'match', rehash: isCurrent ? 'current' : 'needed' };
  }

  /** Does the work of `verify` when there is no hash, so that the time does not reveal whether a user exists. */
  async verifyNothing(password: string, turn?: Turn): Promise<void> {
    const texts = this.textsOf(password);
    if (!texts) return;
    const decoy = ofToday(await this.decoy());
    const inVain = { ...decoy, verify: (text: string) => decoy.verify(text).then(() => false) };
    await this.timed(inVain, texts, { turn, matching: 'refused' });
  }

  private storedAs(hash: string): StoredHash | UnusableHash {
    const { passwords } = this.options;
    if (isCurrent(hash, passwords)) return ofToday(hash);
    const stored = recognise(hash, passwords);
    if (!stored) return 'unrecognised';
    const isTooCostly =
      stored.costMs > passwords.storedHashLimitMs || stored.memoryKib > MOST_MEMORY_KIB;
    return isTooCostly ? 'too_costly' : stored;
  }

  /**
   * Returns the text that matches. A refusal takes as long as the slowest form of hash in the
   * table, including the current one; a match takes its own time. A password that is not normalised
   * is compared as two texts, for every account: otherwise the time would reveal whose hash is
   * compared with only one.
   */
  private async timed(
    stored: StoredHash,
    texts: readonly string[],
    { turn, matching }: { readonly turn?: Turn; readonly matching: 'accepted' | 'refused' },
  ): Promise<string | undefined> {
    let startedMs = 0;
    const matched = await this.#queue.run(async () => {
      startedMs = this.clock.monotonic();
      let found: string | undefined;
      for (const text of stored.mayBeOurs ? texts : texts.slice(-1)) {
        const beganMs = this.clock.monotonic();
        const matches = await compared(stored, text);
        this.#pace.note(paceOf(stored), this.clock.monotonic() - beganMs);
        if (matches) found ??= text;
        // a match that will be refused also compares the other text
        if (found !== undefined && matching === 'accepted') break;
      }
      return found;
    }, turn);
    if (matched === undefined || matching === 'refused')
      await this.#pace.hold(startedMs, texts.length);
    return matched;
  }

  private textsOf(password: string): readonly string[] | undefined {
    return comparedTexts(password, this.options.passwords.maxBytes);
  }

  private decoy(): Promise<string> {
    this.#decoy ??= argon2.hash(this.entropy.bytes(32), argon2Options(this.options.passwords));
    return this.#decoy;
  }
}

function ofToday(hash: string): StoredHash {
  return {
    form: TODAY,
    costMs: 0,
    memoryKib: 0,
    mayBeOurs: true,
    verify: (password) => argon2.verify(hash, Buffer.from(password)),
  };
}

/** Measured for each form and cost: an average over several costs is a time that none of them takes. */
const paceOf = ({ form, costMs }: StoredHash): string =>
  form === TODAY ? TODAY : `${form} ${String(costMs)}`;

/** A comparison that fails does not mean that the password is wrong. */
async function compared(stored: StoredHash, password: string): Promise<boolean> {
  try {
    return (await stored.verify(password)) === true;
  } catch (error) {
    throw error instanceof AuthError
      ? error
      : AuthError.unavailable(`a ${stored.form} hash`, error);
  }
}
