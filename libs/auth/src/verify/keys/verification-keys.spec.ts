import { generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import type { SigningAlgorithm } from '../../options/key-options.js';
import { jwkMembers } from './jwk-members.js';
import {
  asVerificationKey,
  readVerificationKey,
  readVerificationKeys,
} from './verification-keys.js';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const members = jwkMembers(publicKey);
const good: JsonWebKey = { ...members, kid: 'k', alg: 'ES256' };
const oct = (bytes = 32): JsonWebKey => ({
  kty: 'oct',
  k: randomBytes(bytes).toString('base64url'),
  kid: 'k',
  alg: 'HS256',
});
const detailOf = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    if (error instanceof AuthError) return `${error.reason} ${error.detail}`;
    throw error;
  }
  return 'was read';
};

describe('a key that verifies', () => {
  it('is published with its public members, kid, alg and use, and frozen', () => {
    const key = asVerificationKey('k', 'ES256', publicKey);
    expect(key).toEqual({
      kid: 'k',
      algorithm: 'ES256',
      publicKey,
      publicJwk: { ...members, kid: 'k', alg: 'ES256', use: 'sig' },
    });
    expect(Object.isFrozen(key.publicJwk)).toBe(true);
  });

  it.each<[string, JsonWebKey]>([
    ['without use', good],
    ['to verify signatures', { ...good, use: 'sig' }],
    ['for several operations', { ...good, key_ops: ['sign', 'verify'] }],
  ])('is read %s', (_, jwk) => {
    const key = readVerificationKey('o', jwk, 'RS256');
    expect([key.kid, key.algorithm, key.publicKey.equals(publicKey)]).toEqual(['k', 'ES256', true]);
  });

  it('is a secret only beside a secret, and is not published', () => {
    const jwk = oct();
    const key = readVerificationKey('o', jwk, 'HS512');
    expect(key.publicKey.export().toString('base64url')).toBe(jwk.k);
    expect(key).not.toHaveProperty('publicJwk');
  });

  it.each<[string, unknown, SigningAlgorithm, string]>([
    ['a text', 'x', 'RS256', 'o: must be a JWK object'],
    ['null', null, 'RS256', 'o: must be a JWK object'],
    ['without kid', { ...good, kid: undefined }, 'RS256', 'o: has no "kid"'],
    ['with a number as kid', { ...good, kid: 7 }, 'RS256', 'o.kid: must be 1 to 256 printable'],
    ['without alg', { ...good, alg: undefined }, 'RS256', 'o: has no "alg" that Tokenward knows'],
    ['for encryption', { ...good, use: 'enc' }, 'RS256', 'o: "use" is not "sig"'],
    ['to sign', { ...good, key_ops: ['sign'] }, 'RS256', 'o: "key_ops" does not hold "verify"'],
    ['with a text of operations', { ...good, key_ops: 'verify' }, 'RS256', 'o: "key_ops" does not'],
    ['a secret beside a key pair', oct(), 'ES256', 'o: is an "oct" key: a secret may verify only'],
    [
      'a secret that is too short',
      oct(31),
      'HS256',
      'o: HS256 needs a secret of at least 32 bytes',
    ],
    ['a key pair beside a secret', good, 'HS256', 'o: HS256 signs with a secret: only "oct" keys'],
    [
      'a private key',
      { ...jwkMembers(privateKey), kid: 'k', alg: 'ES256' },
      'ES256',
      'o: is a private key among keys that only verify',
    ],
    ['of another curve', { ...good, alg: 'ES384' }, 'ES256', 'o: ES384 needs an EC key on P-384'],
    ['without a member', { ...good, x: undefined }, 'ES256', 'o: is not a public JWK'],
  ])('is not one %s', (_, jwk, algorithm, problem) => {
    const read = () => readVerificationKey('o', jwk as JsonWebKey, algorithm);
    expect(detailOf(read)).toContain(`configuration_invalid ${problem}`);
  });
});

describe('a set of keys', () => {
  it('is read in its order, and none without the option', () => {
    const keys = [good, { ...good, kid: 'other' }];
    expect(readVerificationKeys({ keys }, 'RS256').map(({ kid }) => kid)).toEqual(['k', 'other']);
    expect(readVerificationKeys(undefined, 'RS256')).toEqual([]);
  });

  it('names the place of a bad key', () => {
    const read = () => readVerificationKeys({ keys: [good, {}] }, 'RS256');
    expect(detailOf(read)).toMatch(/ keys\.verificationKeys\[1\]: has no "kid"/);
  });

  it.each(['x', null, 7, [good], { keys: good }])('is not %j', (jwks) => {
    const given = jwks as unknown as { keys: readonly JsonWebKey[] };
    expect(detailOf(() => readVerificationKeys(given, 'RS256'))).toBe(
      'configuration_invalid keys.verificationKeys: must be a JWKS: {"keys": [ … ]}',
    );
  });
});
