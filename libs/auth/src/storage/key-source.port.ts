import type { JsonWebKey } from 'node:crypto';
import type { RemoteSign, SigningAlgorithm } from '../options/key-options.js';

/**
 * A key as a source gives it: a JWK (RFC 7517) with `kid` and `alg`. With private members it can sign; without, and without `nbf`, it only
 * verifies, for as long as the source gives it. Times are whole seconds since the epoch.
 */
export type SourceJwk = JsonWebKey & {
  /** Signs from then on, if its lead time is over. Default: since ever. */
  readonly nbf?: number;
  /** When it was made; for its age and its lead time. */
  readonly iat?: number;
  /** When it was revoked: it is refused from the next reading on (`AuthService.revokeKey` is faster). */
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
  /** Nothing is made while the newest key is younger; undefined: only when there is none at all. */
  readonly whenOlderThanMs?: number;
  /** Keys that were revoked and must not count. */
  readonly revoked: readonly string[];
  /** A key that stopped signing longer ago than this has no token left; its private half may go at once. */
  readonly retainMs: number;
}

/** Where keys come from. Read again at `keyRotation.refreshEvery`; what cannot be read or understood changes nothing. */
export abstract class KeySource {
  /** For messages: names the place, never a value. */
  abstract readonly name: string;
  /** All keys there are now, as one consistent state. `configured` is `keys.algorithm`, for keys that do not say theirs. */
  abstract load(configured?: SigningAlgorithm): Promise<SourceKeys>;
  /** Sources that can make keys: atomic over all processes, so that of many that ask one makes a key. */
  rotate?(request: RotationRequest): Promise<'rotated' | 'not_due'>;
}
