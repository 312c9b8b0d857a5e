import type { JsonWebKey, KeyObject } from 'node:crypto';
import type { RemoteSign, SigningAlgorithm } from '../../options/key-options.js';

/** A key that signs in this process. For HMAC, `privateKey` is the key object of the secret. */
export interface LocalSigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: KeyObject;
}

/** A key that signs elsewhere (KMS, HSM). Its signatures are checked with the public half. */
export interface RemoteSigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly publicKey: KeyObject;
  readonly sign: RemoteSign;
}

/** The key that signs now. */
export type SigningKey = LocalSigningKey | RemoteSigningKey;

/** A key that verifies, with its one algorithm. For HMAC, `publicKey` is the key object of the secret. */
export interface VerificationKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly publicKey: KeyObject;
  /** Public members with `kid`, `alg`, `use` (RFC 7517); undefined for HMAC. */
  readonly publicJwk?: PublicJwk;
}

export type PublicJwk = Readonly<JsonWebKey> & {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly use: 'sig';
};

/**
 * The checked and parsed keys of a source. The signing key is also in `verification`; a service
 * that only verifies has none.
 */
export interface KeySet {
  readonly signing?: SigningKey;
  readonly verification: readonly VerificationKey[];
}
