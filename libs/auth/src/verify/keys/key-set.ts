import type { JsonWebKey, KeyObject } from 'node:crypto';
import type { RemoteSign, SigningAlgorithm } from '../../options/key-options.js';

/** A key that signs in this process. For HMAC `privateKey` is the secret's key object. */
export interface LocalSigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: KeyObject;
}

/** A key that signs elsewhere (KMS, HSM); what comes back is checked with its public half. */
export interface RemoteSigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly publicKey: KeyObject;
  readonly sign: RemoteSign;
}

/** The key that signs now. */
export type SigningKey = LocalSigningKey | RemoteSigningKey;

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
