import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { AuthError } from '../../common/auth-error.js';
import { isKnownText } from '../../common/known-secrets.js';
import {
  type KeyMaterial,
  type RemoteSign,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  type StaticKeysOptions,
} from '../../options/key-options.js';
import { ALGORITHMS, isSigningAlgorithm } from './algorithms.js';
import { assertKeyFits, assertKeyId, assertSecretFits } from './key-fitness.js';
import { readPrivateKey, readPublicKey, readSecret } from './key-material.js';
import type { KeySet, VerificationKey } from './key-set.js';
import { assertMaySign, type OwnKey, ownKeyPair, ownSecret } from './own-key.js';
import type { KnownKey } from './source-keys.js';
import { publicKeyThumbprint, secretKeyId } from './thumbprint.js';
import { asVerificationKey, readVerificationKeys } from './verification-keys.js';
import { isSameKey } from './same-key.js';

/**
 * Keys that are given once, at boot. Every problem is an `AuthError('configuration_invalid')` that
 * names the option and the cure, never the key material (contract, section 1).
 */
export function loadStaticKeys(options: StaticKeysOptions): KeySet {
  const algorithm = options.algorithm ?? 'RS256';
  if (!isSigningAlgorithm(algorithm)) {
    throw AuthError.configuration(
      'keys.algorithm',
      `is unknown: use one of ${SIGNING_ALGORITHMS.join(', ')}`,
    );
  }
  const own = loadOwn(options, algorithm);
  const others = readVerificationKeys(options.verificationKeys, algorithm);
  const verification = [own.verification, ...others];
  assertDistinct(verification);
  return { signing: own.signing, verification };
}

/** The same keys for key rotation: the own key has always signed, the others verify as long as they are configured. */
export function knownStaticKeys(options: StaticKeysOptions): KnownKey[] {
  const { signing, verification } = loadStaticKeys(options);
  const createdAtMs = createdAt(options.createdAt);
  return verification.map((key) => {
    const common = { kid: key.kid, verification: key };
    return key.kid === signing?.kid ? { ...common, signing, signsFromMs: 0, createdAtMs } : common;
  });
}

/** Beside a key source, the options may name further keys that only verify, but no key that signs. */
export function readExtraKeys(options: StaticKeysOptions): KnownKey[] {
  for (const name of ['privateKey', 'publicKey', 'secret', 'sign', 'keyId'] as const) {
    if (options[name] !== undefined)
      throw AuthError.configuration(
        `keys.${name}`,
        'is given together with a keySource: give one of the two',
      );
  }
  const keys = readVerificationKeys(options.verificationKeys, options.algorithm ?? 'RS256');
  return keys.map((key) => ({ kid: key.kid, verification: key }));
}

function createdAt(given: StaticKeysOptions['createdAt']): number | undefined {
  if (given === undefined) return undefined;
  const millis = new Date(given).getTime();
  if (Number.isNaN(millis))
    throw AuthError.configuration('keys.createdAt', 'is not a date: write it as ISO 8601');
  return millis;
}

function loadOwn(options: StaticKeysOptions, algorithm: SigningAlgorithm): OwnKey {
  if (ALGORITHMS[algorithm].family === 'hmac') return loadSecret(options, algorithm);
  return options.sign
    ? loadRemote(options, options.sign, algorithm)
    : loadKeyPair(options, algorithm);
}

/** For a private key in a KMS: only its public half is here. */
function loadRemote(
  options: StaticKeysOptions,
  sign: RemoteSign,
  algorithm: SigningAlgorithm,
): OwnKey {
  if (options.privateKey !== undefined || options.secret !== undefined) {
    throw AuthError.configuration(
      'keys.sign',
      'is given together with key material that signs here: give one of the two',
    );
  }
  if (options.publicKey === undefined) {
    throw AuthError.configuration(
      'keys.publicKey',
      'is missing: what keys.sign signs is checked with it',
    );
  }
  const publicKey = readPublicKey('keys.publicKey', options.publicKey);
  assertKeyFits('keys.publicKey', algorithm, publicKey);
  const kid = options.keyId ?? publicKeyThumbprint(publicKey);
  assertKeyId('keys.keyId', kid);
  return {
    signing: { kid, algorithm, publicKey, sign },
    verification: asVerificationKey(kid, algorithm, publicKey),
  };
}

function loadKeyPair(options: StaticKeysOptions, algorithm: SigningAlgorithm): OwnKey {
  if (options.secret !== undefined) {
    throw AuthError.configuration(
      'keys.secret',
      `${algorithm} signs with a key pair: remove the secret, or choose an HS algorithm`,
    );
  }
  if (options.privateKey === undefined) {
    throw AuthError.configuration(
      'keys.privateKey',
      `is missing: ${algorithm} signs with a private key`,
    );
  }
  const privateKey = readPrivateKey('keys.privateKey', options.privateKey);
  assertKeyFits('keys.privateKey', algorithm, privateKey);
  const publicKey = createPublicKey(privateKey);
  if (options.publicKey !== undefined) {
    const given = readPublicKey('keys.publicKey', options.publicKey);
    assertKeyFits('keys.publicKey', algorithm, given);
    if (!isSameKey(given, publicKey)) {
      throw AuthError.configuration(
        'keys.publicKey',
        'does not belong to keys.privateKey: give the matching one, or leave it out',
      );
    }
  }
  const kid =
    options.keyId ?? jwkKeyId(options.privateKey, algorithm) ?? publicKeyThumbprint(publicKey);
  assertKeyId('keys.keyId', kid);
  return ownKeyPair('keys.privateKey', kid, algorithm, privateKey);
}

/** A JWK may contain its own kid, algorithm and use, which must match the options. Other material has none of them. */
function jwkKeyId(material: KeyMaterial, algorithm: SigningAlgorithm): string | undefined {
  const { kid, alg, use } = material as JsonWebKey;
  if (alg !== undefined && alg !== algorithm) {
    throw AuthError.configuration(
      'keys.privateKey',
      `its "alg" is not ${algorithm}: one key has one algorithm`,
    );
  }
  assertMaySign('keys.privateKey', use);
  return kid as string | undefined;
}

function loadSecret(options: StaticKeysOptions, algorithm: SigningAlgorithm): OwnKey {
  for (const name of ['privateKey', 'publicKey', 'sign'] as const) {
    if (options[name] !== undefined) {
      throw AuthError.configuration(
        `keys.${name}`,
        `${algorithm} takes a secret: remove the key, or choose an RS, PS or ES algorithm`,
      );
    }
  }
  if (options.secret === undefined) {
    throw AuthError.configuration('keys.secret', `is missing: ${algorithm} signs with a secret`);
  }
  if (typeof options.secret === 'string' && isKnownText(options.secret)) {
    throw AuthError.configuration(
      'keys.secret',
      'is an example secret that everyone knows: make your own at random',
    );
  }
  const secret = readSecret('keys.secret', options.secret);
  assertSecretFits('keys.secret', algorithm, secret);
  const kid = options.keyId ?? secretKeyId(secret);
  assertKeyId('keys.keyId', kid);
  return ownSecret(kid, algorithm, secret);
}

function assertDistinct(keys: readonly VerificationKey[]): void {
  const seen = new Map<string, VerificationKey>();
  for (const key of keys) {
    if (seen.has(key.kid)) {
      throw AuthError.configuration(
        'keys.verificationKeys',
        `two keys have the kid ${JSON.stringify(key.kid)}: give each its own`,
      );
    }
    // RFC 8725, section 3.1: one key under two algorithms allows a confusion of the two
    for (const other of seen.values()) {
      if (other.algorithm !== key.algorithm && isSameKey(other.publicKey, key.publicKey)) {
        throw AuthError.configuration(
          'keys.verificationKeys',
          `${JSON.stringify(key.kid)} is the key of ${JSON.stringify(other.kid)} under another alg: one key has one algorithm`,
        );
      }
    }
    seen.set(key.kid, key);
  }
}
