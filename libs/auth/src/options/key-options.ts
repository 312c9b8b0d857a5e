import type { JsonWebKey, KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { Duration } from '../common/duration.js';
import { duration, group, handle, hook, oneOf, text } from '../common/option-schema.js';

export const SIGNING_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'HS256',
  'HS384',
  'HS512',
] as const;
/** RFC 7518, section 3.1, without `none`, which cannot be configured. */
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** PEM (the bytes or the text of a file; also in quotes, with `
` escaped, on one line, or in base64), a JWK (RFC 7517), or a `KeyObject` of `node:crypto`. */
export type KeyMaterial = string | Buffer | JsonWebKey | KeyObject;

/** A request to a signer outside this process (KMS, HSM). */
export interface RemoteSignRequest {
  readonly keyId: string;
  readonly algorithm: SigningAlgorithm;
  /** The JWS signing input (RFC 7515, section 5.1), not its digest. */
  readonly bytes: Buffer;
}
/**
 * Signs in the place that holds the private key. It returns the bare signature; for ECDSA as r ‖ s (RFC 7518, section
 * 3.4) or as the DER that most KMS return. The call is bounded by `storeDeadline`, and the signature is checked with
 * the public key before it is used. If either fails, the answer is 503.
 */
export type RemoteSign = (request: RemoteSignRequest) => Promise<Uint8Array>;

/** Keys given once, at boot. Exactly one of `privateKey`, `secret`, and `sign` (with `publicKey`). */
export interface StaticKeysOptions {
  /** Default `RS256`. ES256 signs about twenty times as fast: docs/keys.md. */
  readonly algorithm?: SigningAlgorithm;
  /** The key that signs: RSA of at least 2048 bits, or EC on the curve of the algorithm. */
  readonly privateKey?: KeyMaterial;
  /** Optional with `privateKey`: the boot checks that the two belong together. */
  readonly publicKey?: KeyMaterial;
  /**
   * The HMAC secret, which signs and verifies. Text is read as base64url. At least 32, 48 or 64 bytes for HS256,
   * HS384 and HS512.
   */
  readonly secret?: string | Buffer;
  /** Signs with a key that never leaves a KMS. Needs `publicKey`. Not for HMAC. */
  readonly sign?: RemoteSign;
  /** When the signing key was created, in ISO 8601, for the warning about its age. Default: unknown, and no warning. */
  readonly createdAt?: string | Date;
  /** `kid` of the signing key. Default: the RFC 7638 thumbprint (for a secret: of its `oct` JWK's SHA-256). */
  readonly keyId?: string;
  /**
   * Keys that only verify, as a JWKS (RFC 7517, section 5) in which every key has `kid` and `alg`. These are the next
   * key, published before it signs, and the former key, until the last token that it signed has expired. `oct` keys
   * are allowed only if the algorithm is HMAC.
   */
  readonly verificationKeys?: { readonly keys: readonly JsonWebKey[] };
}

/** The life of a key: next → active → retired → gone (docs/keys.md). */
export interface KeyRotationOptions {
  /**
   * How long a new key is published before it signs. Default `jwks.cacheFor` plus twice `refreshEvery`, so that every
   * process and every cache has it by then; at least `jwks.cacheFor`.
   */
  readonly leadTime?: Duration;
  /**
   * How often the key source, and the refresh-token secrets in the database, are read again. Default `30s`, at least
   * `100ms`.
   */
  readonly refreshEvery?: Duration;
  /**
   * The age of the newest key at which a source that can create keys (Postgres) creates the next one. Default: never;
   * `90d` is recommended.
   */
  readonly rotateAfter?: Duration;
  /** The log warns of an active key that is older than this. Default `90d`. */
  readonly warnAfter?: Duration;
}

/** Text or an object. The key itself is checked where it is imported, and is never printed. */
export function keyMaterial<Material>() {
  return z.custom<Material>(
    (value) =>
      (typeof value === 'string' && value.trim() !== '') ||
      (typeof value === 'object' && value !== null && !Array.isArray(value)),
    'must be a key: text that is not empty, a JWK object, a KeyObject of node:crypto',
  );
}

/** ISO 8601, or a Date. */
export function instant() {
  const cure = 'a date in ISO 8601, 2026-12-31T00:00:00Z';
  return z
    .custom<string | Date>(
      (value) => typeof value === 'string' || value instanceof Date,
      `is not ${cure}`,
    )
    .refine((value) => !Number.isNaN(new Date(value).getTime()), `is not ${cure}`);
}

export const keysSchema = group({
  algorithm: oneOf(SIGNING_ALGORITHMS).prefault('RS256'),
  privateKey: keyMaterial<KeyMaterial>().optional(),
  publicKey: keyMaterial<KeyMaterial>().optional(),
  secret: keyMaterial<string | Buffer>().optional(),
  sign: hook<RemoteSign>().optional(),
  createdAt: instant().optional(),
  keyId: text().optional(),
  verificationKeys: handle<NonNullable<StaticKeysOptions['verificationKeys']>>(
    (value) => Array.isArray(Reflect.get(value, 'keys')),
    'a JWKS: {"keys": [ … ]}',
  ).optional(),
});

export const keyRotationSchema = group({
  leadTime: duration('0s', '30d').optional(),
  refreshEvery: duration('100ms', '1h').prefault('30s'),
  rotateAfter: duration('1s', '3650d').optional(),
  warnAfter: duration('1s', '3650d').prefault('90d'),
});
