import type { JsonWebKey, KeyObject } from 'node:crypto';

export const SIGNING_ALGORITHMS = [
  'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'HS256', 'HS384', 'HS512',
] as const; // prettier-ignore
/** RFC 7518, section 3.1, without `none`, which cannot be configured. */
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** PEM text (real newlines or `\n`), a JWK (RFC 7517), or node's own key object. */
export type KeyMaterial = string | JsonWebKey | KeyObject;

/** Keys given once, at boot. Exactly one of `privateKey` and `secret`. */
export interface StaticKeysOptions {
  /** Default `RS256`. ES256 signs about twenty times as fast: docs/keys.md. */
  readonly algorithm?: SigningAlgorithm;
  /** Signs. RSA of at least 2048 bits, or EC on the curve of the algorithm. */
  readonly privateKey?: KeyMaterial;
  /** Optional: checked to belong to `privateKey`. */
  readonly publicKey?: KeyMaterial;
  /** Signs and verifies, HMAC only. As text it is base64url; at least 32, 48 or 64 bytes for HS256, 384, 512. */
  readonly secret?: string | Buffer;
  /** `kid` of the signing key. Default: the RFC 7638 thumbprint (for a secret: of its `oct` JWK's SHA-256). */
  readonly keyId?: string;
  /**
   * Keys that only verify, as a JWKS (RFC 7517, section 5) whose every key carries `kid` and `alg`: the next key, published before it
   * signs, or the one before, until the last token it signed has expired. `oct` keys only where the algorithm is HMAC.
   */
  readonly verificationKeys?: { readonly keys: readonly JsonWebKey[] };
}
