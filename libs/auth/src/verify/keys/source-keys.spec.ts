import { generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { SigningAlgorithm } from '../../options/key-options.js';
import type { SourceKeys } from '../../storage/key-source.port.js';
import { readSourceKeys } from './source-keys.js';
import { jwk, makeRsa, oct, p256, rsa } from './static-keys.fixture.js';

const sign = () => Promise.reject(new Error('not asked here'));
const ES256 = { kid: 'a', alg: 'ES256' };
const read = (keys: unknown, more: object = {}, algorithm: SigningAlgorithm = 'ES256') =>
  readSourceKeys('keys from here', { keys, ...more } as SourceKeys, algorithm);
const one = (given: object, more: object = {}, algorithm?: SigningAlgorithm) =>
  read([given], more, algorithm).keys[0];
const own = (more: object = {}) => jwk(p256.privateKey, { ...ES256, ...more });
const verifying = (more: object = {}) => jwk(p256.publicKey, { ...ES256, ...more });

describe('a key of a source', () => {
  it('with its private members signs, at once or from its nbf on, and verifies', () => {
    const key = one(own());
    expect(key).toMatchObject({
      kid: 'a',
      signsFromMs: 0,
      signing: { kid: 'a', algorithm: 'ES256' },
    });
    expect(key).toMatchObject({ verification: { kid: 'a', algorithm: 'ES256' } });
    expect(key?.createdAtMs).toBeUndefined();
    const { signing, verification } = key ?? {};
    expect(signing && 'privateKey' in signing && signing.privateKey.equals(p256.privateKey)).toBe(
      true,
    );
    expect(verification?.publicKey.equals(p256.publicKey)).toBe(true);
    expect(one(own({ nbf: 1_800_000_000, iat: 1_700_000_000.5 }))).toMatchObject({
      signsFromMs: 1_800_000_000_000,
      createdAtMs: 1_700_000_000_500,
    });
  });

  it('without them only verifies, and never signs', () => {
    for (const more of [{}, { sign }]) {
      const key = one(verifying({ iat: 0 }), more);
      expect(key).toMatchObject({ kid: 'a', createdAtMs: 0 });
      expect([key?.signing, key?.signsFromMs]).toEqual([undefined, undefined]);
    }
  });

  it('without them signs elsewhere from its nbf on, if the source signs', () => {
    const key = one(verifying({ nbf: 7 }), { sign });
    const { algorithm, publicKey } = key?.verification ?? {};
    expect(key?.signing).toEqual({ kid: 'a', algorithm, publicKey, sign });
    expect([algorithm, key?.signsFromMs]).toEqual(['ES256', 7_000]);
    const elsewhere = one(verifying({ nbf: 7 }));
    expect([elsewhere?.signing, elsewhere?.signsFromMs]).toEqual([undefined, 7_000]);
  });

  it('may be a secret, where the algorithm is HMAC', () => {
    const given = oct(32);
    const key = one(given, {}, 'HS512');
    expect(key).toMatchObject({ kid: 'old', signing: { algorithm: 'HS256' }, signsFromMs: 0 });
    expect(key?.verification.publicKey.export().toString('base64url')).toBe(given.k);
    expect(key?.verification.publicJwk).toBeUndefined();
  });

  it('that was revoked is a name alone, whatever else it says', () => {
    const given = [{ kid: 'gone', revoked: 1, kty: 'nonsense' }, own(), { kid: 'b', revoked: 0 }];
    const { keys, revoked } = read(given);
    expect([keys.map(({ kid }) => kid), revoked]).toEqual([['a'], ['gone', 'b']]);
    expect(() => read([{ revoked: 1 }])).toThrow(
      expect.objectContaining({
        detail: 'keys from here[0].kid: must be 1 to 256 printable ASCII characters',
      }),
    );
  });

  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const SECRETS =
    'is of HS256, but keys.algorithm is ES256: secrets and key pairs do not go together';
  it.each<[string, JsonWebKey, string]>([
    ['no kid', own({ kid: undefined }), '.kid: must be 1 to 256 printable ASCII characters'],
    ['no alg', own({ alg: undefined }), ': has no "alg" that Tokenward knows: add it'],
    [
      'an alg that is not one',
      own({ alg: 'ECDH-ES' }),
      ': has no "alg" that Tokenward knows: add it',
    ],
    [
      'another use',
      own({ use: 'enc' }),
      ': its "use" is not "sig": an encryption key must not sign',
    ],
    ['a secret beside key pairs', oct(32), `: ${SECRETS}`],
    [
      'the alg of another curve',
      own({ alg: 'ES384' }),
      ': ES384 needs an EC key on P-384: make one on that curve',
    ],
    [
      'a weak RSA key',
      jwk(makeRsa(1024).privateKey, { kid: 'a', alg: 'RS256' }),
      ': an RSA key of 1024 bits is too weak: make one of 2048 bits or more',
    ],
    [
      'halves of two pairs',
      { ...own(), x: jwk(other.publicKey).x, y: jwk(other.publicKey).y },
      ': ',
    ],
    ['a time in text', own({ nbf: '7' }), '.nbf: must be seconds since the epoch'],
    ['a negative time', own({ iat: -1 }), '.iat: must be seconds since the epoch'],
    ['a time in milliseconds', own({ iat: 1e11 }), '.iat: must be seconds since the epoch'],
    ['an endless time', verifying({ nbf: Infinity }), '.nbf: must be seconds since the epoch'],
    [
      'a time that is not a number',
      verifying({ nbf: NaN }),
      '.nbf: must be seconds since the epoch',
    ],
  ])('with %s is refused by its place', (_, given, detail) => {
    expect(() => read([verifying({ kid: 'first' }), given])).toThrow(
      expect.objectContaining({
        reason: 'configuration_invalid',
        detail: expect.stringContaining(`keys from here[1]${detail}`),
      }),
    );
  });

  it('that is a secret is as strong as its algorithm asks, and readable', () => {
    const k = Buffer.alloc(32, 'ab').toString('base64url');
    for (const [given, detail] of [
      [
        oct(31),
        'HS256 needs a secret of at least 32 bytes, this one has 31: make a longer one at random',
      ],
      [
        oct(32, { k }),
        'repeats itself, so it is soon guessed: make your own at random with `tokenward secret`',
      ],
      [oct(32, { k: 'not base64url!' }), 'must be base64url text without padding, or a Buffer'],
    ] as const)
      expect(() => one(given, {}, 'HS256')).toThrow(
        expect.objectContaining({
          detail: expect.stringContaining(`keys from here[0]: ${detail}`),
        }),
      );
    expect(() => one(own(), {}, 'HS256')).toThrow(
      expect.objectContaining({
        detail:
          'keys from here[0]: is of ES256, but keys.algorithm is HS256: secrets and key pairs do not go together',
      }),
    );
  });

  it('whose members do not belong together does not sign', () => {
    const parts = jwk(rsa.privateKey, { kid: 'a', alg: 'RS256' });
    const given = { ...parts, n: jwk(makeRsa(2048).publicKey).n };
    // Node 24 does not even read such a key
    const detail: unknown = expect.stringMatching(
      /^keys from here\[0\]: .*members (?:do not )?belong together$/,
    );
    expect(() => one(given, {}, 'RS256')).toThrow(
      expect.objectContaining({ reason: 'configuration_invalid', detail }),
    );
  });

  it('may say that it is for signatures', () => {
    expect(one(own({ use: 'sig' }))?.kid).toBe('a');
  });
});

it.each<[unknown, string]>([
  [undefined, 'keys from here: must give a JWKS: {"keys": [ … ]}'],
  [{}, 'keys from here: must give a JWKS: {"keys": [ … ]}'],
  ['keys', 'keys from here: must give a JWKS: {"keys": [ … ]}'],
  [[null], 'keys from here[0]: must be a JWK object'],
  [['key'], 'keys from here[0]: must be a JWK object'],
])('a source that gives %j is refused', (keys, detail) => {
  expect(() => read(keys)).toThrow(expect.objectContaining({ detail }));
});

it.each([undefined, null, 'text', randomBytes(3)])('a source is not %p', (source) => {
  expect(() => readSourceKeys('here', source as unknown as SourceKeys, 'ES256')).toThrow(
    expect.objectContaining({ detail: 'here: must give a JWKS: {"keys": [ … ]}' }),
  );
});
