import { createSecretKey } from 'node:crypto';
import { AuthError } from '../../common/auth-error.js';
import type { ResolvedLegacyIssuer } from '../../options/legacy-options.js';
import { ALGORITHMS } from '../keys/algorithms.js';
import { assertKeyFits, assertSecretFits } from '../keys/key-fitness.js';
import { readPublicKey } from '../keys/key-material.js';
import type { VerificationKey } from '../keys/key-set.js';

export const legacyKid = (name: string): string => `legacy:${name}`;

/**
 * The key that verifies the old tokens of one issuer. It is checked like any other key, and used
 * only for these tokens. Throws `configuration_invalid`.
 */
export function readLegacyKey(option: string, issuer: ResolvedLegacyIssuer): VerificationKey {
  const { name, algorithm, key } = issuer;
  const kid = legacyKid(name);
  if (ALGORITHMS[algorithm].family !== 'hmac') {
    const publicKey = readPublicKey(option, key as Parameters<typeof readPublicKey>[1]);
    assertKeyFits(option, algorithm, publicKey);
    return { kid, algorithm, publicKey };
  }
  if (typeof key !== 'string' && !Buffer.isBuffer(key))
    throw AuthError.configuration(option, `${algorithm} takes the old secret: text, or a Buffer`);
  const secret = Buffer.from(key as string);
  // a public key used as an HMAC secret: everybody has it (RFC 8725, section 2.1)
  if (/-----BEGIN [A-Z ]+-----|"kty"/.test(secret.toString('latin1')))
    throw AuthError.configuration(
      option,
      `is a key in PEM or JWK, not a secret: ${algorithm} takes a secret`,
    );
  if (typeof key === 'string' && /\s$/.test(key))
    throw AuthError.configuration(
      option,
      'ends with a blank or a line break: trim it, or give a Buffer if the old secret had it',
    );
  assertSecretFits(option, algorithm, secret);
  return { kid, algorithm, publicKey: createSecretKey(secret) };
}
