import { createHmac } from 'node:crypto';
import { deriveKey, type Secret } from '../../common/secret.js';

export type ThrottleBucketKind =
  | 'account+address'
  | 'account'
  | 'address'
  | 'device'
  | 'device+tenants'
  | 'device+user'
  | 'devices'
  | 'api_keys'
  | 'factors'
  | 'mail+account'
  | 'mail+address';

/** Names of counters that reveal no email or address, even if all possible values are tried (a plain hash would). */
export class ThrottleKeys {
  #secret: Secret | undefined;
  #key = Buffer.alloc(0);

  /**
   * All processes that share a store need the same `secret`; with another one every counter starts
   * at zero. It is called each time, because secrets rotate.
   */
  constructor(private readonly secret: () => Secret) {}

  of(kind: ThrottleBucketKind, ...names: readonly string[]): string {
    // JSON distinguishes ["ab","c"] from ["a","bc"]
    const secret = this.secret();
    if (secret !== this.#secret)
      this.#key = Buffer.from(deriveKey(secret, 'login-throttle/1').reveal());
    this.#secret = secret;
    const digest = createHmac('sha256', this.#key)
      .update(JSON.stringify([kind, ...names]))
      .digest();
    return digest.subarray(0, 16).toString('base64url');
  }
}
