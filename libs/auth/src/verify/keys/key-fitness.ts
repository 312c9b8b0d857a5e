import { createPublicKey, type KeyObject } from 'node:crypto';
import { AuthError } from '../../common/auth-error.js';
import { assertHardToGuess, assertNotKnown } from '../../common/guessable-secret.js';
import type { SigningAlgorithm } from '../../options/key-options.js';
import { ALGORITHMS } from './algorithms.js';
import { isKnownPublicKey } from './known-keys.js';
import { publicKeyThumbprint } from './thumbprint.js';

const MINIMUM_RSA_BITS = 2048;
const MINIMUM_EXPONENT = 65537n;
/** The curve names of JWK for the names in OpenSSL (RFC 7518, section 6.2.1.1). */
export const CURVE_NAMES: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};
const KEY_ID = /^[\x20-\x7e]{1,256}$/;

/**
 * Refuses a private or public key that is weak or does not fit its algorithm (RFC 7518, section 3;
 * RFC 8725, section 3.5).
 */
export function assertKeyFits(option: string, algorithm: SigningAlgorithm, key: KeyObject): void {
  const traits = ALGORITHMS[algorithm];
  if (traits.family === 'hmac') {
    throw AuthError.configuration(
      option,
      `${algorithm} takes a secret, not a key pair: set keys.secret`,
    );
  }
  const details = key.asymmetricKeyDetails ?? {};
  if (traits.family === 'rsa') {
    if (key.asymmetricKeyType !== 'rsa') {
      throw AuthError.configuration(
        option,
        `${algorithm} needs an RSA key (rsaEncryption): make one of 2048 bits or more`,
      );
    }
    assertRsaIsStrong(option, key);
  } else if (key.asymmetricKeyType !== 'ec' || details.namedCurve !== traits.curve) {
    throw AuthError.configuration(
      option,
      `${algorithm} needs an EC key on ${CURVE_NAMES[traits.curve]}: make one on that curve`,
    );
  }
  assertNotPublished(option, key);
}

/** Refuses an RSA or EC key whose private half was published somewhere. */
export function assertNotPublished(option: string, key: KeyObject): void {
  if (isKnownPublicKey(publicKeyThumbprint(key.type === 'private' ? createPublicKey(key) : key)))
    throw AuthError.configuration(
      option,
      'is an example key whose private half is public: make your own',
    );
}

export function assertRsaIsStrong(option: string, key: KeyObject): void {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < MINIMUM_RSA_BITS) {
    throw AuthError.configuration(
      option,
      `an RSA key of ${modulusLength} bits is too weak: make one of 2048 bits or more`,
    );
  }
  if (publicExponent < MINIMUM_EXPONENT) {
    throw AuthError.configuration(
      option,
      'the RSA public exponent is below 65537: make a new key with exponent 65537',
    );
  }
}

const MAX_FOREIGN_RSA_BITS = 4096;

/** For a key that a stranger sends: whether verifying one signature costs about as much as with our own keys. */
export function isQuick({ asymmetricKeyDetails }: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = MINIMUM_EXPONENT } = asymmetricKeyDetails ?? {};
  return (
    modulusLength <= MAX_FOREIGN_RSA_BITS && BigInt(publicExponent) === BigInt(MINIMUM_EXPONENT)
  );
}

export function assertSecretFits(
  option: string,
  algorithm: SigningAlgorithm,
  secret: Buffer,
): void {
  const traits = ALGORITHMS[algorithm];
  if (traits.family !== 'hmac') {
    throw AuthError.configuration(
      option,
      `${algorithm} signs with a key pair, not a secret: set keys.privateKey, or an HS algorithm`,
    );
  }
  assertNotKnown(option, secret);
  if (secret.length < traits.minimumBytes) {
    throw AuthError.configuration(
      option,
      `${algorithm} needs a secret of at least ${traits.minimumBytes} bytes, this one has ${secret.length}: make a longer one at random`,
    );
  }
  assertHardToGuess(option, secret);
}

/** A `kid` appears in headers, Redis keys and logs, so it must be printable ASCII of at most 256 characters. */
export function assertKeyId(option: string, kid: unknown): asserts kid is string {
  if (typeof kid !== 'string' || !KEY_ID.test(kid)) {
    throw AuthError.configuration(option, 'must be 1 to 256 printable ASCII characters');
  }
}
