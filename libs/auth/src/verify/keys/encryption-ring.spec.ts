import { createSecretKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { EncryptionAlgorithm } from '../../options/encryption-options.js';
import type { KeyMaterial } from '../../options/key-options.js';
import { readEncryptionKeys } from './encryption-ring.js';
import { makeEc, makeRsa, p256, pem, rsa } from './static-keys.fixture.js';

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
/** RFC 7517, appendix A.2. */
const PUBLISHED_RSA = {
  kty: 'RSA',
  e: 'AQAB',
  n:
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjB' +
    'ZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8' +
    'KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_' +
    'xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
  d:
    'X4cTteJY_gn4FYPsXB8rdXix5vwsg1FLN5E3EaG6RJoVH-HLLKD9M7dx5oo7GURknchnrRweUkC7hT5fJLM0WbFAKNLWY2vv7B6N' +
    'qXSzUvxT0_YSfqijwp3RTzlBaCxWp4doFk5N2o8Gy_nHNKroADIkJ46pRUohsXywbReAdYaMwFs9tv8d_cPVY3i07a3t8MN6TNwm' +
    '0dSawm9v47UiCl3Sk5ZiG7xojPLu4sbg1U2jx4IBTNBznbJSzFHK66jT8bgkuqsk0GjskDJk19Z4qwjwbsnn4j2WBii3RL-Us2lG' +
    'VkY8fkFzme1z0HbIkfz0Y6mqnOYtqc0X4jfcKoAC8Q',
  p:
    '83i-7IvMGXoMXCskv73TKr8637FiO7Z27zv8oj6pbWUQyLPQBQxtPVnwD20R-60eTDmD2ujnMt5PoqMrm8RfmNhVWDtjjMmCMjOp' +
    'SXicFHj7XOuVIYQyqVWlWEh6dN36GVZYk93N8Bc9vY41xy8B9RzzOGVQzXvNEvn7O0nVbfs',
  q:
    '3dfOR9cuYq-0S-mkFLzgItgMEfFzB2q3hWehMuG0oCuqnb3vobLyumqjVZQO1dIrdwgTnCdpYzBcOfW5r370AFXjiWft_NGEiovo' +
    'nizhKpo9VVS78TzFgxkIdrecRezsZ-1kYd_s1qDbxtkDEgfAITAG9LUnADun4vIcb6yelxk',
  dp:
    'G4sPXkc6Ya9y8oJW9_ILj4xuppu0lzi_H7VTkS8xj5SdX3coE0oimYwxIi2emTAue0UOa5dpgFGyBJ4c8tQ2VF402XRugKDTP8ak' +
    'YhFo5tAA77Qe_NmtuYZc3C3m3I24G2GvR5sSDxUyAN2zq8Lfn9EUms6rY3Ob8YeiKkTiBj0',
  dq:
    's9lAH9fggBsoFR8Oac2R_E2gw282rT2kGOAhvIllETE1efrA6huUUvMfBcMpn8lqeW6vzznYY5SSQF7pMdC_agI3nG8Ibp1BUb0J' +
    'UiraRNqUfLhcQb_d9GF4Dh7e74WbRsobRonujTYN1xCaP6TO61jvWrX-L18txXw494Q_cgk',
  qi:
    'GyM_p6JrXySiz1toFgKbWV-JdI3jQ4ypu9rbMWx3rQJBfmt0FoYzgUIZEVFEcOqwemRN81zoDAaa-Bk0KWNGDjJHZDdDmFhW3AN7' +
    'lI-puxk_mHZGJ11rxyR8O55XLSe3SPmRfKwZI6yU24ZxvQKFYItdldUKGzO6Ia6zTKhAVRU',
};
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
      ['RSA-OAEP-256', PUBLISHED_RSA],
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
