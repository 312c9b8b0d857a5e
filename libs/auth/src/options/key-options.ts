import type { JsonWebKey, KeyObject } from 'node:crypto';
import type { Duration } from '../common/duration.js';

export const SIGNING_ALGORITHMS = [
  'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'HS256', 'HS384', 'HS512',
] as const; // prettier-ignore
/** RFC 7518, section 3.1, without `none`, which cannot be configured. */
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** PEM text (real newlines or `\n`), a JWK (RFC 7517), or node's own key object. */
export type KeyMaterial = string | JsonWebKey | KeyObject;

/** What a signer outside this process (KMS, HSM) is asked to sign. */
export interface RemoteSignRequest {
  readonly keyId: string;
  readonly algorithm: SigningAlgorithm;
  /** The JWS signing input (RFC 7515, section 5.1), not its digest. */
  readonly bytes: Buffer;
}
/**
 * Signs where the private key is. The answer is the bare signature; for ECDSA as r ‖ s (RFC 7518, section 3.4) or as the DER that most KMS give.
 * Bounded by `storeDeadline`, and checked with the public key before it is used: anything else is answered 503.
 */
export type RemoteSign = (request: RemoteSignRequest) => Promise<Uint8Array>;

/** Keys given once, at boot. Exactly one of `privateKey`, `secret`, and `sign` (with `publicKey`). */
export interface StaticKeysOptions {
  /** Default `RS256`. ES256 signs about twenty times as fast: docs/keys.md. */
  readonly algorithm?: SigningAlgorithm;
  /** Signs. RSA of at least 2048 bits, or EC on the curve of the algorithm. */
  readonly privateKey?: KeyMaterial;
  /** Optional: checked to belong to `privateKey`. */
  readonly publicKey?: KeyMaterial;
  /** Signs and verifies, HMAC only. As text it is base64url; at least 32, 48 or 64 bytes for HS256, 384, 512. */
  readonly secret?: string | Buffer;
  /** Signs with a key that never leaves a KMS; `publicKey` is then needed. Not for HMAC. */
  readonly sign?: RemoteSign;
  /** When the signing key was made, ISO 8601; for the warning about its age. Default: unknown. */
  readonly createdAt?: string | Date;
  /** `kid` of the signing key. Default: the RFC 7638 thumbprint (for a secret: of its `oct` JWK's SHA-256). */
  readonly keyId?: string;
  /**
   * Keys that only verify, as a JWKS (RFC 7517, section 5) whose every key carries `kid` and `alg`: the next key, published before it
   * signs, or the one before, until the last token it signed has expired. `oct` keys only where the algorithm is HMAC.
   */
  readonly verificationKeys?: { readonly keys: readonly JsonWebKey[] };
}

/** The life of a key: next → active → retired → gone (docs/keys.md). */
export interface KeyRotationOptions {
  /** How long a new key exists before it signs. Default `jwks.cacheFor` and twice `refreshEvery`, so that every process and every cache has it by then; at least `jwks.cacheFor`. */
  readonly leadTime?: Duration;
  /** How often a key source (and the refresh-token secrets kept in the database) are read again. Default `30s`, at least `100ms`. */
  readonly refreshEvery?: Duration;
  /** A source that can make keys (Postgres) makes the next one when the newest is this old. Default: never; `90d` is recommended. */
  readonly rotateAfter?: Duration;
  /** An active key older than this is warned about. Default `90d`. */
  readonly warnAfter?: Duration;
}
