import { createPublicKey, type KeyObject } from 'node:crypto';
import { AuthError } from '../../common/auth-error.js';
import type { SigningAlgorithm } from '../../options/key-options.js';
import { secretKeyObject } from './key-material.js';
import type { SigningKey, VerificationKey } from './key-set.js';
import { isConsistent } from './signature.js';
import { asVerificationKey } from './verification-keys.js';

/** A key that signs, with its other half. */
export interface OwnKey {
  readonly signing: SigningKey;
  readonly verification: VerificationKey;
}

/** Refuses a private key whose signatures its own public half would refuse. */
export function ownKeyPair(
  option: string,
  kid: string,
  algorithm: SigningAlgorithm,
  privateKey: KeyObject,
): OwnKey {
  const signing = { kid, algorithm, privateKey };
  if (!isConsistent(signing))
    throw AuthError.configuration(
      option,
      'signs what its own public half refuses: its members do not belong together',
    );
  const publicKey = createPublicKey(privateKey);
  return { signing, verification: asVerificationKey(kid, algorithm, publicKey) };
}

export function ownSecret(kid: string, algorithm: SigningAlgorithm, secret: Buffer): OwnKey {
  const privateKey = secretKeyObject(secret);
  return {
    signing: { kid, algorithm, privateKey },
    verification: asVerificationKey(kid, algorithm, privateKey),
  };
}

/** For the `use` of a JWK (RFC 7517, section 4.2). */
export function assertMaySign(option: string, use: unknown): void {
  if (use !== undefined && use !== 'sig')
    throw AuthError.configuration(
      option,
      'its "use" is not "sig": an encryption key must not sign',
    );
}
