import { createSecretKey, type KeyObject } from 'node:crypto';
import { AuthError } from '../../common/auth-error.js';
import { assertHardToGuess } from '../../common/guessable-secret.js';
import type { EncryptionAlgorithm } from '../../options/encryption-options.js';
import type { ResolvedEncryption } from '../../options/resolved-options.js';
import { assertKeyId, assertNotPublished, assertRsaIsStrong, CURVE_NAMES } from './key-fitness.js';
import { readPrivateKey, readSecret } from './key-material.js';

const CONTENT_KEY_BYTES = 32;

/** A key that encrypts and decrypts, with its one algorithm. */
export interface EncryptionKey {
  readonly kid: string;
  readonly algorithm: EncryptionAlgorithm;
  /** The private key, or the secret. This process decrypts what it encrypts. */
  readonly key: KeyObject;
}

/**
 * Keys by `kid`; the first one encrypts. Throws `configuration_invalid`, naming the option and the
 * cure. `signs` knows the keys that sign or verify.
 */
export function readEncryptionKeys(
  { keys }: ResolvedEncryption,
  signs: (key: KeyObject) => boolean,
): ReadonlyMap<string, EncryptionKey> {
  return new Map(
    keys.map(({ keyId, algorithm, key: material }, index) => {
      const option = `accessToken.encryption.keys[${String(index)}]`;
      assertKeyId(`${option}.keyId`, keyId);
      const key =
        algorithm === 'dir' ? contentKey(option, material) : keyPair(option, algorithm, material);
      if (signs(key))
        throw AuthError.configuration(
          option,
          'is also a key that signs or verifies: make one for encryption alone',
        );
      return [keyId, { kid: keyId, algorithm, key }];
    }),
  );
}

function contentKey(option: string, material: unknown): KeyObject {
  const bytes = readSecret(option, material, CONTENT_KEY_BYTES);
  if (bytes.length === CONTENT_KEY_BYTES) {
    assertHardToGuess(option, bytes);
    return createSecretKey(bytes);
  }
  throw AuthError.configuration(
    option,
    `dir takes a secret of exactly 32 bytes, this one has ${String(bytes.length)}: make one with node -p "crypto.randomBytes(32).toString('base64url')"`,
  );
}

function keyPair(option: string, algorithm: EncryptionAlgorithm, material: unknown): KeyObject {
  const key = readPrivateKey(option, material as Parameters<typeof readPrivateKey>[1]);
  if (key.asymmetricKeyType === 'rsa' || key.asymmetricKeyType === 'ec')
    assertNotPublished(option, key);
  if (algorithm === 'RSA-OAEP-256') {
    if (key.asymmetricKeyType !== 'rsa')
      throw AuthError.configuration(option, 'RSA-OAEP-256 needs an RSA key (rsaEncryption)');
    assertRsaIsStrong(option, key);
    return key;
  }
  if (
    key.asymmetricKeyType === 'ec' &&
    Object.hasOwn(CURVE_NAMES, key.asymmetricKeyDetails?.namedCurve ?? '')
  )
    return key;
  throw AuthError.configuration(option, 'ECDH-ES needs an EC key on P-256, P-384 or P-521');
}
