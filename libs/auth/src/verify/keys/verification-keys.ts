import type { JsonWebKey, KeyObject } from 'node:crypto';
import { AuthError } from '../../common/auth-error.js';
import type { SigningAlgorithm } from '../../options/key-options.js';
import { ALGORITHMS, isSigningAlgorithm } from './algorithms.js';
import { assertKeyFits, assertKeyId, assertSecretFits } from './key-fitness.js';
import { hasPrivateMembers, readPublicKey, readSecret, secretKeyObject } from './key-material.js';
import type { PublicJwk, VerificationKey } from './key-set.js';
import { jwkMembers } from './jwk-members.js';

const OPTION = 'keys.verificationKeys';

export function asVerificationKey(
  kid: string,
  algorithm: SigningAlgorithm,
  publicKey: KeyObject,
): VerificationKey {
  if (publicKey.type === 'secret') return { kid, algorithm, publicKey };
  const members = jwkMembers(publicKey);
  const publicJwk: PublicJwk = Object.freeze({ ...members, kid, alg: algorithm, use: 'sig' as const });
  return { kid, algorithm, publicKey, publicJwk };
}

/** A JWKS (RFC 7517, section 5) of keys that only verify; `signingAlgorithm` decides whether secrets may be among them. */
export function readVerificationKeys(
  jwks: { readonly keys: readonly JsonWebKey[] } | undefined,
  signingAlgorithm: SigningAlgorithm,
): VerificationKey[] {
  if (jwks === undefined) return [];
  if (typeof jwks !== 'object' || jwks === null || !Array.isArray(jwks.keys)) {
    throw AuthError.configuration(OPTION, 'must be a JWKS: {"keys": [ … ]}');
  }
  return jwks.keys.map((jwk: JsonWebKey, index) =>
    readVerificationKey(`${OPTION}[${index}]`, jwk, signingAlgorithm),
  );
}

export function readVerificationKey(
  option: string,
  jwk: JsonWebKey,
  signingAlgorithm: SigningAlgorithm,
): VerificationKey {
  if (typeof jwk !== 'object' || jwk === null) throw AuthError.configuration(option, 'must be a JWK object');
  if (jwk.kid === undefined)
    throw AuthError.configuration(option, 'has no "kid": tokens name their key by it, add one');
  assertKeyId(`${option}.kid`, jwk.kid);
  if (!isSigningAlgorithm(jwk.alg)) {
    throw AuthError.configuration(
      option,
      'has no "alg" that Tokenward knows: add the one algorithm that this key verifies',
    );
  }
  if (jwk.use !== undefined && jwk.use !== 'sig') {
    throw AuthError.configuration(option, '"use" is not "sig": an encryption key must not verify');
  }
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify'))) {
    throw AuthError.configuration(
      option,
      '"key_ops" does not hold "verify": this key is meant for something else',
    );
  }
  const signsWithSecret = ALGORITHMS[signingAlgorithm].family === 'hmac';
  if (jwk.kty !== 'oct' && signsWithSecret) {
    throw AuthError.configuration(
      option,
      `${signingAlgorithm} signs with a secret: only "oct" keys may verify beside it`,
    );
  }
  if (jwk.kty !== 'oct') {
    if (hasPrivateMembers(jwk)) {
      throw AuthError.configuration(
        option,
        'is a private key among keys that only verify: leave its public members alone there',
      );
    }
    const publicKey = readPublicKey(option, jwk);
    assertKeyFits(option, jwk.alg, publicKey);
    return asVerificationKey(jwk.kid, jwk.alg, publicKey);
  }
  if (!signsWithSecret) {
    throw AuthError.configuration(
      option,
      `is an "oct" key: a secret may verify only where keys.algorithm is HS256, HS384 or HS512`,
    );
  }
  const secret = readSecret(option, jwk.k);
  assertSecretFits(option, jwk.alg, secret);
  return asVerificationKey(jwk.kid, jwk.alg, secretKeyObject(secret));
}
