import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Entropy } from '../../common/entropy.js';
import type { HostTransaction } from '../../storage/sql-transaction.port.js';
import {
  type NewOneTimeToken,
  type OneTimeToken,
  OneTimeTokenStore,
  type SpentAlongside,
} from '../../storage/one-time-token-store.port.js';

export type OneTimeTokenRequest = Omit<NewOneTimeToken, 'hash' | 'data'> &
  Partial<Pick<NewOneTimeToken, 'data'>>;

const BYTES = 32;
/**
 * 32 bytes as base64url. The last character has two unused bits, which must be zero, so that a token has one spelling.
 */
const WRITTEN = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/**
 * Tokens of 256 random bits that work once. The store keeps their SHA-256. A text that is not a token costs no query.
 */
@Injectable()
export class OneTimeTokens {
  constructor(
    @Inject(OneTimeTokenStore) private readonly kept: OneTimeTokenStore | undefined,
    private readonly entropy: Entropy,
  ) {}

  /** The new token; undefined when the sessions of its owner were ended after `owner.epoch` was read. */
  async issue(request: OneTimeTokenRequest): Promise<string | undefined> {
    const token = this.entropy.bytes(BYTES).toString('base64url');
    const outcome = await this.store.issue({ data: {}, ...request, hash: hashOf(token) });
    return outcome === 'issued' ? token : undefined;
  }

  /** What a live token holds. It is not spent. */
  async read(kind: string, token: string): Promise<OneTimeToken | undefined> {
    return WRITTEN.test(token) ? this.store.read(kind, hashOf(token)) : undefined;
  }

  /** As `read`, and uses up one of its tries. */
  async attempt(kind: string, token: string): Promise<OneTimeToken | undefined> {
    return WRITTEN.test(token) ? this.store.attempt(kind, hashOf(token)) : undefined;
  }

  /**
   * Spends the token: of any number of concurrent uses exactly one gets it. With `tx`, it is spent when that
   * transaction commits; with `work`, together with it.
   */
  async redeem(
    kind: string,
    token: string,
    alongside?: SpentAlongside,
  ): Promise<OneTimeToken | undefined> {
    return WRITTEN.test(token) ? this.store.redeem(kind, hashOf(token), alongside) : undefined;
  }

  /** Whether this text is used for the first time, on any process. It is remembered for at least `ttlMs`. */
  async isFirstUse(kind: string, text: string, ttlMs: number): Promise<boolean> {
    if (!WRITTEN.test(text)) return false;
    const use = { kind, hash: hashOf(text), data: {}, ttlMs };
    return (await this.store.once(use)) === 'first';
  }

  /** Remembers the greatest number under this text, a SHA-256 as base64url. `read` gives it as `data.at`. */
  keepGreatest(kind: string, text: string, at: number, ttlMs: number): Promise<void> {
    return this.store.keepGreatest({ kind, hash: hashOf(text), at, ttlMs });
  }

  /** Removes every token of a user. */
  removeOf(subject: string, tx?: HostTransaction): Promise<void> {
    return this.store.removeOf(subject, tx);
  }

  private get store(): OneTimeTokenStore {
    if (this.kept) return this.kept;
    throw AuthError.configuration(
      'storage.oneTimeTokens',
      'is missing; drizzleStorage(db) has it, or give a OneTimeTokenStore of your own',
    );
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token, 'ascii').digest();
}
