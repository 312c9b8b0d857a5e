import { generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import type { StaticKeysOptions } from '../../options/key-options.js';
import { jwkMembers } from './jwk-members.js';
import { knownStaticKeys, loadStaticKeys, readExtraKeys } from './static-keys.js';
import { publicKeyThumbprint, secretKeyId } from './thumbprint.js';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const other: JsonWebKey = {
  ...jwkMembers(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey),
  kid: 'other',
  alg: 'ES256',
};
const verificationKeys = { keys: [other] };
const sign = () => Promise.resolve(Buffer.alloc(64));
const ES256 = { algorithm: 'ES256' } as const;
const detailOf = (load: () => unknown): string => {
  try {
    load();
  } catch (error) {
    if (error instanceof AuthError) return `${error.reason} ${error.detail}`;
    throw error;
  }
  return 'was loaded';
};
const refused = (text: string) => `configuration_invalid ${text}`;

describe('a key whose private half is in a KMS', () => {
  it('signs there, and verifies here by its public half', () => {
    const { signing, verification } = loadStaticKeys({ ...ES256, publicKey, sign });
    const kid = publicKeyThumbprint(publicKey);
    expect(signing).toEqual({ kid, ...ES256, publicKey, sign });
    expect(verification).toMatchObject([{ kid, ...ES256, publicJwk: { kid, alg: 'ES256' } }]);
    expect(loadStaticKeys({ ...ES256, publicKey, sign, keyId: 'kms' }).signing?.kid).toBe('kms');
  });

  const both =
    'keys.sign: is given together with key material that signs here: give one of the two';
  it.each<[string, StaticKeysOptions, string]>([
    ['beside a private key', { ...ES256, publicKey, sign, privateKey }, both],
    ['beside a secret', { ...ES256, publicKey, sign, secret: randomBytes(32) }, both],
    [
      'without its public half',
      { ...ES256, sign },
      'keys.publicKey: is missing: what keys.sign signs is checked with it',
    ],
    [
      'with a private key for its public half',
      { ...ES256, publicKey: privateKey, sign },
      'keys.publicKey: is a private key where only a public one belongs: give the public half',
    ],
    [
      'with a public half of another kind',
      { ...ES256, publicKey: p384.publicKey, sign },
      'keys.publicKey: ES256 needs an EC key on P-256: make one on that curve',
    ],
    [
      'with a bad kid',
      { ...ES256, publicKey, sign, keyId: '' },
      'keys.keyId: must be 1 to 256 printable ASCII characters',
    ],
    [
      'for an algorithm of secrets',
      { algorithm: 'HS256', sign },
      'keys.sign: HS256 takes a secret: remove the key, or choose an RS, PS or ES algorithm',
    ],
  ])('is refused %s', (_, options, problem) => {
    expect(detailOf(() => loadStaticKeys(options))).toBe(refused(problem));
  });
});

describe('a key pair', () => {
  it.each<[string, StaticKeysOptions, string]>([
    [
      'whose private key is a public one',
      { ...ES256, privateKey: publicKey },
      'keys.privateKey: a public key cannot sign here: give the private key',
    ],
    [
      'whose private key has another curve',
      { ...ES256, privateKey: p384.privateKey },
      'keys.privateKey: ES256 needs an EC key on P-256: make one on that curve',
    ],
    [
      'whose public key is a private one',
      { ...ES256, privateKey, publicKey: privateKey },
      'keys.publicKey: is a private key where only a public one belongs: give the public half',
    ],
    [
      'whose public key has another curve',
      { ...ES256, privateKey, publicKey: p384.publicKey },
      'keys.publicKey: ES256 needs an EC key on P-256: make one on that curve',
    ],
    [
      'whose public key is of another pair',
      { ...ES256, privateKey, publicKey: other },
      'keys.publicKey: does not belong to keys.privateKey: give the matching one, or leave it out',
    ],
    [
      'whose JWK has a bad kid',
      { ...ES256, privateKey: { ...jwkMembers(privateKey), kid: 'a\nb' } },
      'keys.keyId: must be 1 to 256 printable ASCII characters',
    ],
    [
      'whose JWK is for encryption',
      { ...ES256, privateKey: { ...jwkMembers(privateKey), use: 'enc' } },
      'keys.privateKey: its "use" is not "sig": an encryption key must not sign',
    ],
    [
      'beside a secret',
      { ...ES256, privateKey, secret: randomBytes(32) },
      'keys.secret: ES256 signs with a key pair: remove the secret, or choose an HS algorithm',
    ],
    ['that is missing', {}, 'keys.privateKey: is missing: RS256 signs with a private key'],
    [
      'whose JWK is for another algorithm',
      { ...ES256, privateKey: { ...jwkMembers(privateKey), alg: 'ES384' } },
      'keys.privateKey: its "alg" is not ES256: one key has one algorithm',
    ],
    [
      'of an unknown algorithm',
      { algorithm: 'none' as never, privateKey },
      'keys.algorithm: is unknown: use one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, HS256, HS384, HS512',
    ],
    [
      'beside two keys of one kid',
      {
        algorithm: 'ES384',
        privateKey: p384.privateKey,
        verificationKeys: { keys: [other, { ...other, kid: 'again' }, { ...other, kid: 'other' }] },
      },
      'keys.verificationKeys: two keys have the kid "other": give each its own',
    ],
  ])('%s is refused', (_, options, problem) => {
    expect(detailOf(() => loadStaticKeys(options))).toBe(refused(problem));
  });

  it('of two halves that do not belong together is refused', () => {
    const [one, two] = [1, 2].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }));
    if (!one || !two) throw new Error('two pairs');
    const halves = { ...jwkMembers(one.privateKey), n: jwkMembers(two.publicKey).n };
    // Node 24 does not even read such a key
    expect(detailOf(() => loadStaticKeys({ privateKey: halves }))).toMatch(
      /^configuration_invalid keys\.privateKey: .*: .*members (?:do not )?belong together$/,
    );
  });

  it('may say its public half', () => {
    expect(loadStaticKeys({ ...ES256, privateKey, publicKey }).verification).toHaveLength(1);
  });

  it('may be given twice under one algorithm', () => {
    const twice = {
      ...ES256,
      privateKey,
      verificationKeys: { keys: [{ ...other, kid: 'a' }, other] },
    };
    expect(
      loadStaticKeys(twice)
        .verification.map(({ kid }) => kid)
        .slice(1),
    ).toEqual(['a', 'other']);
  });

  it('has the kid of its JWK, in a PEM or Buffer that of its thumbprint', () => {
    const jwk = { ...jwkMembers(privateKey), kid: 'own', alg: 'ES256', use: 'sig' };
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const kidOf = (given: StaticKeysOptions['privateKey']) =>
      loadStaticKeys({ ...ES256, privateKey: given }).signing?.kid;
    expect(kidOf(jwk)).toBe('own');
    for (const given of [pem, Buffer.from(pem), privateKey])
      expect(kidOf(given)).toBe(publicKeyThumbprint(publicKey));
  });
});

describe('a secret', () => {
  const secret = randomBytes(64);
  const HS256 = { algorithm: 'HS256', secret } as const;
  const again = { kty: 'oct', k: secret.toString('base64url'), kid: 'again' };

  it('signs and verifies, by a kid that it is given or that is derived from it', () => {
    const kid = secretKeyId(secret);
    expect(loadStaticKeys(HS256)).toMatchObject({
      signing: { kid, algorithm: 'HS256' },
      verification: [{ kid, algorithm: 'HS256' }],
    });
    expect(loadStaticKeys({ ...HS256, secret: again.k, keyId: 'own' }).signing?.kid).toBe('own');
  });

  const pairs = 'HS256 takes a secret: remove the key, or choose an RS, PS or ES algorithm';
  it.each<[string, StaticKeysOptions, string]>([
    ['beside a private key', { ...HS256, privateKey }, `keys.privateKey: ${pairs}`],
    ['beside a public key', { ...HS256, publicKey }, `keys.publicKey: ${pairs}`],
    [
      'that is missing',
      { algorithm: 'HS256' },
      'keys.secret: is missing: HS256 signs with a secret',
    ],
    [
      'that everyone knows',
      { ...HS256, secret: 'your-256-bit-secret' },
      'keys.secret: is an example secret that everyone knows: make your own at random',
    ],
    [
      'that is text of another kind',
      { ...HS256, secret: 'not base64url!' },
      `keys.secret: must be base64url text without padding, or a Buffer: make one with node -p "crypto.randomBytes(64).toString('base64url')"`,
    ],
    [
      'that is short',
      { ...HS256, secret: randomBytes(31) },
      'keys.secret: HS256 needs a secret of at least 32 bytes, this one has 31: make a longer one at random',
    ],
    [
      'with a bad kid',
      { ...HS256, keyId: '' },
      'keys.keyId: must be 1 to 256 printable ASCII characters',
    ],
    [
      'under two algorithms',
      { ...HS256, keyId: 'own', verificationKeys: { keys: [{ ...again, alg: 'HS512' }] } },
      'keys.verificationKeys: "again" is the key of "own" under another alg: one key has one algorithm',
    ],
  ])('%s is refused', (_, options, problem) => {
    expect(detailOf(() => loadStaticKeys(options))).toBe(refused(problem));
  });
});

describe('keys for rotation', () => {
  it('the own key has always signed, the others only verify', () => {
    const known = knownStaticKeys({
      ...ES256,
      privateKey,
      keyId: 'own',
      verificationKeys,
      createdAt: '2026-01-01T00:00:00Z',
    });
    expect(known).toEqual([
      {
        kid: 'own',
        verification: expect.objectContaining({ kid: 'own' }),
        signing: { kid: 'own', ...ES256, privateKey },
        signsFromMs: 0,
        createdAtMs: Date.UTC(2026, 0, 1),
      },
      { kid: 'other', verification: expect.objectContaining({ kid: 'other' }) },
    ]);
  });

  it('may be of an unknown age, and of no impossible one', () => {
    expect(knownStaticKeys({ ...ES256, privateKey })[0]?.createdAtMs).toBeUndefined();
    expect(detailOf(() => knownStaticKeys({ ...ES256, privateKey, createdAt: 'long ago' }))).toBe(
      refused('keys.createdAt: is not a date: write it as ISO 8601'),
    );
  });
});

describe('keys beside a source', () => {
  it('only verify', () => {
    expect(readExtraKeys({ verificationKeys })).toEqual([
      { kid: 'other', verification: expect.objectContaining({ kid: 'other' }) },
    ]);
    expect(readExtraKeys({})).toEqual([]);
  });

  it('follow the algorithm of the options', () => {
    expect(detailOf(() => readExtraKeys({ algorithm: 'HS256', verificationKeys }))).toContain(
      'HS256 signs with a secret: only "oct" keys may verify beside it',
    );
  });

  it.each<[string, StaticKeysOptions]>([
    ['privateKey', { privateKey }],
    ['publicKey', { publicKey }],
    ['secret', { secret: randomBytes(32) }],
    ['sign', { sign }],
    ['keyId', { keyId: 'a' }],
  ])('have no %s', (name, options) => {
    expect(detailOf(() => readExtraKeys(options))).toBe(
      refused(`keys.${name}: is given together with a keySource: give one of the two`),
    );
  });
});
