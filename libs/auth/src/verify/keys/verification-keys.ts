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
  const publicJwk: PublicJwk = Object.freeze({
    ...members,
    kid,
    alg: algorithm,
    use: 'sig' as const,
  });
  return { kid, algorithm, publicKey, publicJwk };
}

/** A JWKS (RFC 7517, section 5) of keys that only verify. `signingAlgorithm` decides whether it may contain secrets. */
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
  const refuse = (problem: string): never => {
    throw AuthError.configuration(option, problem);
  };
  if (typeof jwk !== 'object' || jwk === null) return refuse('must be a JWK object');
  const { kid, alg, use, key_ops: uses } = jwk;
  if (kid === undefined) return refuse('has no "kid": tokens name their key by it, add one');
  assertKeyId(`${option}.kid`, kid);
  if (!isSigningAlgorithm(alg))
    return refuse(
      'has no "alg" that Tokenward knows: add the one algorithm that this key verifies',
    );
  if (use !== undefined && use !== 'sig')
    return refuse('"use" is not "sig": an encryption key must not verify');
  if (uses !== undefined && !(Array.isArray(uses) && uses.includes('verify')))
    return refuse('"key_ops" does not hold "verify": this key is meant for something else');
  const signsWithSecret = ALGORITHMS[signingAlgorithm].family === 'hmac';
  if (jwk.kty === 'oct') {
    if (!signsWithSecret)
      return refuse(
        'is an "oct" key: a secret may verify only where keys.algorithm is HS256, HS384 or HS512',
      );
    const secret = readSecret(option, jwk.k);
    assertSecretFits(option, alg, secret);
    return asVerificationKey(kid, alg, secretKeyObject(secret));
  }
  if (signsWithSecret)
    return refuse(`${signingAlgorithm} signs with a secret: only "oct" keys may verify beside it`);
  if (hasPrivateMembers(jwk))
    return refuse('is a private key among keys that only verify: give its public members only');
  const publicKey = readPublicKey(option, jwk);
  assertKeyFits(option, alg, publicKey);
  return asVerificationKey(kid, alg, publicKey);
}
