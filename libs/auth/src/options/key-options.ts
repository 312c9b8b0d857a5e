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

/** PEM (a file's bytes or its text; in quotes, with `\n` written out, on one line or in base64, too), a JWK (RFC 7517), or node's own key object. */
export type KeyMaterial = string | Buffer | JsonWebKey | KeyObject;

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
  /**
   * How long a new key is published before it signs. Default `jwks.cacheFor` plus twice `refreshEvery`, so that every
   * process and every cache has it by then; at least `jwks.cacheFor`.
   */
  readonly leadTime?: Duration;
  /** How often a key source (and the refresh-token secrets kept in the database) are read again. Default `30s`, at least `100ms`. */
  readonly refreshEvery?: Duration;
  /** A source that can make keys (Postgres) makes the next one when the newest is this old. Default: never; `90d` is recommended. */
  readonly rotateAfter?: Duration;
  /** An active key older than this is warned about. Default `90d`. */
  readonly warnAfter?: Duration;
}

/** Text or an object. The key is checked where it is made, and is never printed. */
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
    .custom<string | Date>((value) => typeof value === 'string' || value instanceof Date, `is not ${cure}`)
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
