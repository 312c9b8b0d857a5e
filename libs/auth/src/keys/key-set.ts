import type { JsonWebKey, KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from '../options/key-options.js';

/** The key that signs now. For HMAC `privateKey` is the secret's key object. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: KeyObject;
}

/** A key that verifies, with the one algorithm it verifies. For HMAC `publicKey` is the secret's key object. */
export interface VerificationKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly publicKey: KeyObject;
  /** Public members with `kid`, `alg`, `use` (RFC 7517); absent for HMAC. */
  readonly publicJwk?: PublicJwk;
}

export type PublicJwk = Readonly<JsonWebKey> & {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly use: 'sig';
};

/** What a source of keys hands over, checked and parsed. The signing key is among `verification`; a verify-only service has none. */
export interface KeySet {
  readonly signing?: SigningKey;
  readonly verification: readonly VerificationKey[];
}
