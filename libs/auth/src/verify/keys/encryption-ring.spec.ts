import { createSecretKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { EncryptionAlgorithm } from '../../options/encryption-options.js';
import type { KeyMaterial } from '../../options/key-options.js';
import { readEncryptionKeys } from './encryption-ring.js';
import { jwk, makeEc, makeRsa, p256, pem, rsa } from './static-keys.fixture.js';

type Given = readonly [EncryptionAlgorithm, unknown, string?];
const read = (given: readonly Given[], signs: (key: KeyObject) => boolean = () => false) =>
  readEncryptionKeys(
    {
      plaintext: 'refused',
      keys: given.map(([algorithm, key, keyId = 'k']) => ({
        keyId,
        algorithm,
        key: key as KeyMaterial,
      })),
    },
    signs,
  );
const secret = randomBytes(32);
/** RFC 7518, appendix C: anyone has its private half. */
const PUBLISHED = {
  kty: 'EC',
  crv: 'P-256',
  x: 'gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0',
  y: 'SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps',
  d: '0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo',
};
/** The modulus of RFC 7520, section 3.3; the private half is in 3.4. */
const PUBLISHED_MODULUS =
  'n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRB' +
  'SFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD' +
  '1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_' +
  'qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw';
const EXACT = 'node -p "crypto.randomBytes(32).toString(\'base64url\')"';

describe('an encryption key', () => {
  it.each<[string, Given, KeyObject]>([
    ['a secret of 32 bytes', ['dir', secret], createSecretKey(secret)],
    ['such a secret in text', ['dir', secret.toString('base64url')], createSecretKey(secret)],
    ['an RSA key', ['RSA-OAEP-256', pem(rsa.privateKey)], rsa.privateKey],
    ['a key on P-256', ['ECDH-ES', p256.privateKey], p256.privateKey],
  ])('may be %s', (_, given, expected) => {
    const [algorithm] = given;
    const found = read([given]).get('k');
    expect(found).toMatchObject({ kid: 'k', algorithm });
    expect(found?.key.equals(expected)).toBe(true);
  });

  it.each(['P-384', 'P-521'])('may be on %s', (curve) => {
    expect(read([['ECDH-ES', makeEc(curve).privateKey]]).size).toBe(1);
  });

  it('is found by its kid; the first one, which encrypts, stays the first', () => {
    const keys = read([
      ['ECDH-ES', p256.privateKey, 'b'],
      ['dir', secret, 'a'],
    ]);
    expect([...keys.keys()]).toEqual(['b', 'a']);
    expect(keys.get('a')?.key.export()).toEqual(secret);
  });

  const PSS = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey;
  it.each<[string, Given, string]>([
    [
      '31 bytes',
      ['dir', randomBytes(31)],
      `dir takes a secret of exactly 32 bytes, this one has 31: make one with ${EXACT}`,
    ],
    [
      '33 bytes',
      ['dir', randomBytes(33)],
      `dir takes a secret of exactly 32 bytes, this one has 33: make one with ${EXACT}`,
    ],
    [
      'a text that is not a secret',
      ['dir', 'not base64url!'],
      `must be base64url text without padding, or a Buffer: make one with ${EXACT}`,
    ],
    [
      'a secret that repeats itself',
      ['dir', Buffer.alloc(32, 'ab')],
      'repeats itself, so it is soon guessed: make your own at random with `tokenward secret`',
    ],
    [
      'an EC key for RSA',
      ['RSA-OAEP-256', p256.privateKey],
      'RSA-OAEP-256 needs an RSA key (rsaEncryption)',
    ],
    ['an RSA-PSS key', ['RSA-OAEP-256', PSS], 'RSA-OAEP-256 needs an RSA key (rsaEncryption)'],
    [
      'RSA of 1,024 bits',
      ['RSA-OAEP-256', makeRsa(1024).privateKey],
      'an RSA key of 1024 bits is too weak: make one of 2048 bits or more',
    ],
    [
      'RSA of exponent 3',
      ['RSA-OAEP-256', makeRsa(2048, 3).privateKey],
      'the RSA public exponent is below 65537: make a new key with exponent 65537',
    ],
    [
      'an RSA key for ECDH',
      ['ECDH-ES', rsa.privateKey],
      'ECDH-ES needs an EC key on P-256, P-384 or P-521',
    ],
    [
      'another curve',
      ['ECDH-ES', makeEc('secp256k1').privateKey],
      'ECDH-ES needs an EC key on P-256, P-384 or P-521',
    ],
    [
      'X25519',
      ['ECDH-ES', generateKeyPairSync('x25519').privateKey],
      'ECDH-ES needs an EC key on P-256, P-384 or P-521',
    ],
    [
      'a public key',
      ['ECDH-ES', p256.publicKey],
      'a public key cannot sign here: give the private key',
    ],
    [
      'a published RSA key',
      ['RSA-OAEP-256', jwk(rsa.privateKey, { n: PUBLISHED_MODULUS })],
      'is an example key whose private half is public: make your own',
    ],
    [
      'a published key',
      ['ECDH-ES', PUBLISHED],
      'is an example key whose private half is public: make your own',
    ],
  ])('is not %s', (_, given, detail) => {
    expect(() => read([['dir', secret, 'first'], given])).toThrow(
      expect.objectContaining({
        reason: 'configuration_invalid',
        detail: `accessToken.encryption.keys[1]: ${detail}`,
      }),
    );
  });

  it('is not a key that signs or verifies', () => {
    const detail =
      'accessToken.encryption.keys[0]: is also a key that signs or verifies: make one for encryption alone';
    for (const given of [
      ['dir', secret],
      ['ECDH-ES', p256.privateKey],
    ] as const)
      expect(() => read([given], () => true)).toThrow(expect.objectContaining({ detail }));
  });

  it('has a kid that can stand in a header', () => {
    expect(() => read([['dir', secret, 'a\nb']])).toThrow(
      expect.objectContaining({
        detail: 'accessToken.encryption.keys[0].keyId: must be 1 to 256 printable ASCII characters',
      }),
    );
  });
});
