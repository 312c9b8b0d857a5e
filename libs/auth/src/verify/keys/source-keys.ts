import { AuthError } from '../../common/auth-error.js';
import type { RemoteSign, SigningAlgorithm } from '../../options/key-options.js';
import { ALGORITHMS, isSigningAlgorithm } from './algorithms.js';
import { assertKeyFits, assertKeyId, assertSecretFits } from './key-fitness.js';
import { hasPrivateMembers, readPrivateKey, readSecret } from './key-material.js';
import type { SigningKey, VerificationKey } from './key-set.js';
import type { SourceJwk, SourceKeys } from '../../storage/key-source.port.js';
import { assertMaySign, type OwnKey, ownKeyPair, ownSecret } from './own-key.js';
import { readVerificationKey } from './verification-keys.js';

/**
 * A key of a source, checked and parsed. What it may do at a given time is decided elsewhere. Times
 * are milliseconds since the epoch.
 */
export interface KnownKey {
  readonly kid: string;
  readonly verification: VerificationKey;
  /** Undefined: this process does not have the private half. */
  readonly signing?: SigningKey;
  /** Undefined: it never signs, and verifies as long as it is in the source. */
  readonly signsFromMs?: number;
  readonly createdAtMs?: number;
  /** The key left its source without being revoked. */
  readonly vanished?: true;
  /** For a vanished key: it verifies until this time, unless it still signs. */
  readonly verifiesUntilMs?: number;
}

export interface ReadKeys {
  readonly keys: readonly KnownKey[];
  /** Of revoked keys only the names are needed. */
  readonly revoked: readonly string[];
}

/**
 * Checks a source's keys by the same rules as keys given at boot. Throws `configuration_invalid`
 * with the source's name and place, never with a value.
 */
export function readSourceKeys(
  name: string,
  source: SourceKeys,
  algorithm: SigningAlgorithm,
): ReadKeys {
  if (typeof source !== 'object' || source === null || !Array.isArray(source.keys))
    throw AuthError.configuration(name, 'must give a JWKS: {"keys": [ … ]}');
  const keys: KnownKey[] = [];
  const revoked: string[] = [];
  for (const [index, jwk] of source.keys.entries()) {
    const option = `${name}[${String(index)}]`;
    if (typeof jwk !== 'object' || jwk === null)
      throw AuthError.configuration(option, 'must be a JWK object');
    if (jwk.revoked === undefined) {
      keys.push(readOne(option, jwk, algorithm, source.sign));
      continue;
    }
    assertKeyId(`${option}.kid`, jwk.kid);
    revoked.push(jwk.kid);
  }
  return { keys, revoked };
}

function readOne(
  option: string,
  jwk: SourceJwk,
  algorithm: SigningAlgorithm,
  sign?: RemoteSign,
): KnownKey {
  const signsFromMs = millis(`${option}.nbf`, jwk.nbf);
  const createdAtMs = millis(`${option}.iat`, jwk.iat);
  const own = hasPrivateMembers(jwk) ? readSigner(option, jwk, algorithm) : undefined;
  const verification = own?.verification ?? readVerificationKey(option, jwk, algorithm);
  const { kid } = verification;
  const times = { kid, verification, createdAtMs };
  if (own) return { ...times, signing: own.signing, signsFromMs: signsFromMs ?? 0 };
  if (signsFromMs === undefined || !sign) return { ...times, signsFromMs };
  return {
    ...times,
    signsFromMs,
    signing: { kid, algorithm: verification.algorithm, publicKey: verification.publicKey, sign },
  };
}

function readSigner(option: string, jwk: SourceJwk, configured: SigningAlgorithm): OwnKey {
  const { kid, alg } = jwk;
  assertKeyId(`${option}.kid`, kid);
  if (!isSigningAlgorithm(alg))
    throw AuthError.configuration(option, 'has no "alg" that Tokenward knows: add it');
  assertMaySign(option, jwk.use);
  const isSecret = ALGORITHMS[alg].family === 'hmac';
  if (isSecret !== (ALGORITHMS[configured].family === 'hmac'))
    throw AuthError.configuration(
      option,
      `is of ${alg}, but keys.algorithm is ${configured}: secrets and key pairs do not go together`,
    );
  if (isSecret) {
    const secret = readSecret(option, jwk.k);
    assertSecretFits(option, alg, secret);
    return ownSecret(kid, alg, secret);
  }
  const privateKey = readPrivateKey(option, jwk);
  assertKeyFits(option, alg, privateKey);
  return ownKeyPair(option, kid, alg, privateKey);
}

function millis(option: string, seconds: unknown): number | undefined {
  if (seconds === undefined) return undefined;
  if (typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 && seconds < 1e11)
    return Math.round(seconds * 1000);
  throw AuthError.configuration(option, 'must be seconds since the epoch');
}
