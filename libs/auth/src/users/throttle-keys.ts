import { createHmac } from 'node:crypto';
import type { Secret } from '../common/secret.js';
import { deriveKey } from './derived-key.js';

export type ThrottleBucketKind = 'account+address' | 'account' | 'address' | 'device';

/** Names of counters that tell nothing of emails and addresses, also not by trying them out (a plain hash would). */
export class ThrottleKeys {
  readonly #key: Buffer;

  /** All processes that share a store need the same `secret`; another one starts every counter at zero. */
  constructor(secret: Secret) {
    this.#key = deriveKey(secret, 'login-throttle/1').reveal();
  }

  of(kind: ThrottleBucketKind, ...names: readonly string[]): string {
    // JSON keeps ["ab","c"] and ["a","bc"] apart
    const digest = createHmac('sha256', this.#key)
      .update(JSON.stringify([kind, ...names]))
      .digest();
    return digest.subarray(0, 16).toString('base64url');
  }
}
