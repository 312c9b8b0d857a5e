import type { JsonWebKey } from 'node:crypto';
import type { RemoteSign, SigningAlgorithm } from '../options/key-options.js';

/**
 * A key of a source: a JWK (RFC 7517) with `kid` and `alg`. With private members it can sign. Without them, and
 * without `nbf`, it only verifies, as long as the source returns it. Times are whole seconds since the epoch.
 */
export type SourceJwk = JsonWebKey & {
  /** The key signs from then on, after its lead time. Default: at once. */
  readonly nbf?: number;
  /** When the key was created, for its age and its lead time. */
  readonly iat?: number;
  /** When the key was revoked. It is refused from the next reading on (`AuthService.revokeKey` is faster). */
  readonly revoked?: number;
};

export interface SourceKeys {
  readonly keys: readonly SourceJwk[];
  /** Signs for the keys that have `nbf` and no private members. */
  readonly sign?: RemoteSign;
}

export interface RotationRequest {
  readonly algorithm: SigningAlgorithm;
  /** How long the new key is published before it signs. */
  readonly leadTimeMs: number;
  /** No key is created while the newest key is younger. Undefined: a key is created only if there is none at all. */
  readonly whenOlderThanMs?: number;
  /** Keys that were revoked and must not count. */
  readonly revoked: readonly string[];
  /** A key that stopped signing longer ago than this has no valid token left, and its private key may be removed. */
  readonly retainMs: number;
}

/**
 * A source of keys. It is read again every `keyRotation.refreshEvery`. If it cannot be read or understood, the known
 * keys stay.
 */
export abstract class KeySource {
  /** For messages: names the place, never a value. */
  abstract readonly name: string;
  /**
   * All current keys, as one consistent state. `configured` is `keys.algorithm`, for keys without an algorithm of
   * their own.
   */
  abstract load(configured?: SigningAlgorithm): Promise<SourceKeys>;
  /** For sources that can create keys. It is atomic for all processes: of many that call it, one creates a key. */
  rotate?(request: RotationRequest): Promise<'rotated' | 'not_due'>;
}
