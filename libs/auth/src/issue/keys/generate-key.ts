import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { SigningAlgorithm } from '../../options/key-options.js';
import { ALGORITHMS } from '../../verify/keys/algorithms.js';
import type { SourceJwk } from '../../storage/key-source.port.js';
import { publicKeyThumbprint, secretKeyId } from '../../verify/keys/thumbprint.js';
import { jwkMembers } from '../../verify/keys/jwk-members.js';

const generate = promisify(generateKeyPair);
/** 128 bits of security, sufficient beyond 2030 (NIST SP 800-57 part 1, section 5.6). */
const DEFAULT_RSA_BITS = 3072;
const SECRET_BYTES = 64;

export type GeneratedJwk = SourceJwk & { readonly kid: string; readonly alg: SigningAlgorithm };

/**
 * A new private JWK. Its `kid` is its RFC 7638 thumbprint; its times are seconds since the epoch.
 */
export async function generateSigningJwk(
  algorithm: SigningAlgorithm,
  times: { readonly iat: number; readonly nbf: number },
  rsaBits = DEFAULT_RSA_BITS,
): Promise<GeneratedJwk> {
  const traits = ALGORITHMS[algorithm];
  const named = { alg: algorithm, use: 'sig', ...times };
  if (traits.family === 'hmac') {
    const secret = randomBytes(SECRET_BYTES);
    return { kty: 'oct', k: secret.toString('base64url'), kid: secretKeyId(secret), ...named };
  }
  const pair =
    traits.family === 'rsa'
      ? await generate('rsa', { modulusLength: rsaBits, publicExponent: 65_537 })
      : await generate('ec', { namedCurve: traits.curve });
  return { ...jwkMembers(pair.privateKey), kid: publicKeyThumbprint(pair.publicKey), ...named };
}

const PUBLIC_MEMBERS = [
  'kty',
  'n',
  'e',
  'crv',
  'x',
  'y',
  'kid',
  'alg',
  'use',
  'iat',
  'nbf',
  'revoked',
];

/** The key without its private members. Of a secret only the name remains. */
export function publicHalf(jwk: SourceJwk): SourceJwk {
  return Object.fromEntries(Object.entries(jwk).filter(([name]) => PUBLIC_MEMBERS.includes(name)));
}
