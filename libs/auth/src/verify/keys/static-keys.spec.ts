import { describe, expect, it } from '@jest/globals';
import {
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { AuthError } from '../../common/auth-error.js';
import type { StaticKeysOptions } from '../../options/key-options.js';
import { loadStaticKeys } from './static-keys.js';
import { jwkMembers } from './jwk-members.js';

const makeRsa = (modulusLength: number, publicExponent = 65537) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent });
const makeEc = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const rsa = makeRsa(2048);
const rsa2 = makeRsa(2048);
const weak = makeRsa(2040);
const lowExponent = makeRsa(2048, 3);
const p256 = makeEc('P-256');
const p384 = makeEc('P-384');
const koblitz = makeEc('secp256k1');
const ed = generateKeyPairSync('ed25519');
const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });

const pem = (
  key: KeyObject,
  type: 'pkcs8' | 'spki' | 'pkcs1' | 'sec1' = key.type === 'private' ? 'pkcs8' : 'spki',
) => key.export({ format: 'pem', type: type as 'pkcs8' }) as string;
const jwk = (key: KeyObject, more: object = {}): JsonWebKey => ({
  ...jwkMembers(key),
  ...more,
});
const verifying = (...keys: unknown[]) => ({
  privateKey: rsa.privateKey,
  verificationKeys: { keys: keys as JsonWebKey[] },
});
const good = jwk(rsa2.publicKey, { kid: 'old', alg: 'RS256' });
const oct = (bytes: number, more: object = {}) => ({
  kty: 'oct',
  k: randomBytes(bytes).toString('base64url'),
  kid: 'old',
  alg: 'HS256',
  ...more,
});
const hmac = (...keys: unknown[]) => ({
  algorithm: 'HS256',
  secret: randomBytes(32),
  verificationKeys: { keys },
});

const jwtIoSpki =
  'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==';
const jwtIo = createPublicKey({ key: Buffer.from(jwtIoSpki, 'base64'), format: 'der', type: 'spki' });
const rfc7515Ec = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
};
const rfc7515Oct = 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow';

/** RFC 7520, sections 3.1 and 3.3; the private halves stand in 3.2 and 3.4. */
const rfc7520Ec = {
  kty: 'EC',
  crv: 'P-521',
  kid: 'e',
  alg: 'ES512',
  x: 'AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt',
  y: 'AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1',
};
const rfc7520Rsa = {
  kty: 'RSA',
  kid: 'r',
  alg: 'PS256',
  e: 'AQAB',
  n: 'n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw',
};

/** name, options, what the message names, what it advises */
const REFUSALS: readonly (readonly [name: string, options: object, option: string, cure: RegExp])[] = [
  ['alg none', { algorithm: 'none', privateKey: rsa.privateKey }, 'keys.algorithm', /use one of RS256/],
  ['alg NONE', { algorithm: 'NONE', secret: randomBytes(64) }, 'keys.algorithm', /use one of/],
  ['alg unknown', { algorithm: 'EdDSA', privateKey: ed.privateKey }, 'keys.algorithm', /use one of/],
  [
    'alg of the prototype',
    { algorithm: 'constructor', privateKey: rsa.privateKey },
    'keys.algorithm',
    /use one of/,
  ],
  ['no key', {}, 'keys.privateKey', /is missing/],
  ['no secret', { algorithm: 'HS256' }, 'keys.secret', /is missing/],
  [
    'key and secret',
    { privateKey: rsa.privateKey, secret: randomBytes(32) },
    'keys.secret',
    /remove the secret/,
  ],
  ['secret for RS256', { secret: randomBytes(64) }, 'keys.secret', /choose an HS/],
  [
    'key pair for HS256',
    { algorithm: 'HS256', privateKey: rsa.privateKey },
    'keys.privateKey',
    /remove the key/,
  ],
  [
    'public key for HS256',
    { algorithm: 'HS256', secret: randomBytes(64), publicKey: rsa.publicKey },
    'keys.publicKey',
    /remove/,
  ],
  ['RSA below 2048 bits', { privateKey: pem(weak.privateKey) }, 'keys.privateKey', /2048 bits or more/],
  [
    'RSA below 2048 bits for PS512',
    { algorithm: 'PS512', privateKey: weak.privateKey },
    'keys.privateKey',
    /2048/,
  ],
  ['RSA exponent 3', { privateKey: lowExponent.privateKey }, 'keys.privateKey', /exponent 65537/],
  ['RSA-PSS key', { algorithm: 'PS256', privateKey: pss.privateKey }, 'keys.privateKey', /rsaEncryption/],
  ['EC key for RS256', { privateKey: p256.privateKey }, 'keys.privateKey', /needs an RSA key/],
  ['RSA key for ES256', { algorithm: 'ES256', privateKey: rsa.privateKey }, 'keys.privateKey', /P-256/],
  ['P-384 for ES256', { algorithm: 'ES256', privateKey: p384.privateKey }, 'keys.privateKey', /P-256/],
  ['P-256 for ES512', { algorithm: 'ES512', privateKey: p256.privateKey }, 'keys.privateKey', /P-521/],
  ['secp256k1 for ES256', { algorithm: 'ES256', privateKey: koblitz.privateKey }, 'keys.privateKey', /P-256/],
  ['Ed25519 for ES256', { algorithm: 'ES256', privateKey: ed.privateKey }, 'keys.privateKey', /P-256/],
  ['public key as private, PEM', { privateKey: pem(rsa.publicKey) }, 'keys.privateKey', /is a public key/],
  ['public key as private, JWK', { privateKey: jwk(rsa.publicKey) }, 'keys.privateKey', /private members/],
  [
    'public key as private, KeyObject',
    { privateKey: rsa.publicKey },
    'keys.privateKey',
    /give the private key/,
  ],
  [
    'encrypted PEM',
    {
      privateKey: rsa.privateKey.export({
        format: 'pem',
        type: 'pkcs8',
        cipher: 'aes-256-cbc',
        passphrase: 'x',
      }),
    },
    'keys.privateKey',
    /decrypt it/,
  ],
  [
    'two private keys',
    { privateKey: pem(rsa.privateKey) + pem(rsa2.privateKey) },
    'keys.privateKey',
    /give one/,
  ],
  ['text that is not PEM', { privateKey: 'c2VjcmV0' }, 'keys.privateKey', /PKCS#8/],
  ['a number', { privateKey: 7 }, 'keys.privateKey', /PEM text, a JWK/],
  ['null', { privateKey: null }, 'keys.privateKey', /PEM text, a JWK/],
  [
    'public key of another',
    { privateKey: rsa.privateKey, publicKey: pem(rsa2.publicKey) },
    'keys.publicKey',
    /matching/,
  ],
  [
    'private key as public, PEM',
    { privateKey: rsa.privateKey, publicKey: pem(rsa.privateKey) },
    'keys.publicKey',
    /public one belongs/,
  ],
  [
    'private key as public, PKCS#1',
    { privateKey: rsa.privateKey, publicKey: pem(rsa.privateKey, 'pkcs1') },
    'keys.publicKey',
    /public one belongs/,
  ],
  [
    'private key as public, JWK',
    { privateKey: rsa.privateKey, publicKey: jwk(rsa.privateKey) },
    'keys.publicKey',
    /public one belongs/,
  ],
  [
    'private key as public, KeyObject',
    { privateKey: rsa.privateKey, publicKey: rsa.privateKey },
    'keys.publicKey',
    /public one belongs/,
  ],
  [
    'JWK of two halves',
    { algorithm: 'ES256', privateKey: { ...jwk(p256.privateKey), ...jwk(makeEc('P-256').publicKey) } },
    'keys.privateKey',
    /complete|belong together/,
  ],
  [
    'JWK for another alg',
    { privateKey: jwk(rsa.privateKey, { alg: 'PS256' }) },
    'keys.privateKey',
    /one key has one algorithm/,
  ],
  [
    'JWK for encryption',
    { privateKey: jwk(rsa.privateKey, { use: 'enc' }) },
    'keys.privateKey',
    /encryption key/,
  ],
  ['empty kid', { privateKey: rsa.privateKey, keyId: '' }, 'keys.keyId', /printable ASCII/],
  ['kid with a line break', { privateKey: rsa.privateKey, keyId: 'a\nb' }, 'keys.keyId', /printable ASCII/],
  [
    'HS256 with 31 bytes',
    { algorithm: 'HS256', secret: randomBytes(31) },
    'keys.secret',
    /at least 32 bytes/,
  ],
  [
    'HS384 with 47 bytes',
    { algorithm: 'HS384', secret: randomBytes(47).toString('base64url') },
    'keys.secret',
    /at least 48/,
  ],
  ['HS512 with 63 bytes', { algorithm: 'HS512', secret: randomBytes(63) }, 'keys.secret', /at least 64/],
  [
    'secret padded',
    { algorithm: 'HS256', secret: `${randomBytes(32).toString('base64url')}=` },
    'keys.secret',
    /base64url/,
  ],
  [
    'secret in plain words',
    { algorithm: 'HS256', secret: 'correct horse battery staple, and some more' },
    'keys.secret',
    /base64url/,
  ],
  ['secret empty', { algorithm: 'HS256', secret: '' }, 'keys.secret', /base64url/],
  ['example secret of old', { algorithm: 'HS256', secret: 'your-256-bit-secret' }, 'keys.secret', /example/],
  [
    'example secret of jwt.io',
    { algorithm: 'HS256', secret: 'a-string-secret-at-least-256-bits-long' },
    'keys.secret',
    /example/,
  ],
  [
    'example secret of jwt.io, bytes',
    { algorithm: 'HS256', secret: Buffer.from('a-string-secret-at-least-256-bits-long') },
    'keys.secret',
    /example/,
  ],
  [
    'example secret of jwt.io, HS512',
    {
      algorithm: 'HS512',
      secret: Buffer.from('a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long'),
    },
    'keys.secret',
    /example/,
  ],
  ['example secret of RFC 7515', { algorithm: 'HS512', secret: rfc7515Oct }, 'keys.secret', /example/],
  [
    'example key of jwt.io',
    verifying(jwk(jwtIo, { kid: 'x', alg: 'ES256' })),
    'keys.verificationKeys[0]',
    /example key/,
  ],
  [
    'example key of RFC 7515',
    { algorithm: 'ES256', privateKey: rfc7515Ec },
    'keys.privateKey',
    /example key/,
  ],
  [
    'example key of RFC 7515, to verify',
    verifying({ ...rfc7515Ec, d: undefined, kid: 'x', alg: 'ES256' }),
    'keys.verificationKeys[0]',
    /example key/,
  ],
  [
    'no JWKS',
    { privateKey: rsa.privateKey, verificationKeys: [good] },
    'keys.verificationKeys',
    /must be a JWKS/,
  ],
  ['no JWK', verifying('x'), 'keys.verificationKeys[0]', /JWK object/],
  ['verifying, no kid', verifying(good, { ...good, kid: undefined }), 'keys.verificationKeys[1]', /no "kid"/],
  ['verifying, kid a number', verifying({ ...good, kid: 7 }), 'keys.verificationKeys[0].kid', /printable/],
  ['verifying, no alg', verifying({ ...good, alg: undefined }), 'keys.verificationKeys[0]', /"alg"/],
  ['verifying, alg none', verifying({ ...good, alg: 'none' }), 'keys.verificationKeys[0]', /"alg"/],
  [
    'verifying, alg of another kind',
    verifying({ ...good, alg: 'ES256' }),
    'keys.verificationKeys[0]',
    /EC key on P-256/,
  ],
  [
    'verifying, alg HS256 on an RSA key',
    verifying({ ...good, alg: 'HS256' }),
    'keys.verificationKeys[0]',
    /takes a secret/,
  ],
  ['verifying, use enc', verifying({ ...good, use: 'enc' }), 'keys.verificationKeys[0]', /"use"/],
  [
    'verifying, key_ops encrypt',
    verifying({ ...good, key_ops: ['encrypt'] }),
    'keys.verificationKeys[0]',
    /key_ops/,
  ],
  [
    'verifying, RSA below 2048 bits',
    verifying(jwk(weak.publicKey, { kid: 'w', alg: 'RS256' })),
    'keys.verificationKeys[0]',
    /2048/,
  ],
  [
    'verifying, exponent 3',
    verifying(jwk(lowExponent.publicKey, { kid: 'w', alg: 'RS256' })),
    'keys.verificationKeys[0]',
    /65537/,
  ],
  [
    'verifying, private',
    verifying(jwk(rsa2.privateKey, { kid: 'old', alg: 'RS256' })),
    'keys.verificationKeys[0]',
    /private key among/,
  ],
  [
    'verifying, one private member',
    verifying({ ...good, dp: 'AQAB' }),
    'keys.verificationKeys[0]',
    /private key among/,
  ],
  ['verifying, oct beside RS256', verifying(oct(32)), 'keys.verificationKeys[0]', /"oct"/],
  ['verifying, RSA beside HS256', hmac(good), 'keys.verificationKeys[0]', /only "oct"/],
  ['verifying, oct too short', hmac(oct(31)), 'keys.verificationKeys[0]', /at least 32/],
  [
    'verifying, oct too short for its own alg',
    hmac(oct(32, { alg: 'HS512' })),
    'keys.verificationKeys[0]',
    /at least 64/,
  ],
  ['verifying, RFC 7520, 3.1', verifying(rfc7520Ec), 'keys.verificationKeys[0]', /private half is public/],
  ['verifying, RFC 7520, 3.3', verifying(rfc7520Rsa), 'keys.verificationKeys[0]', /private half is public/],
  ['verifying, oct for RS256', hmac(oct(64, { alg: 'RS256' })), 'keys.verificationKeys[0]', /not a secret/],
  ['verifying, oct without k', hmac(oct(32, { k: undefined })), 'keys.verificationKeys[0]', /base64url/],
  ['one kid twice', verifying(good, good), 'keys.verificationKeys', /two keys have the kid "old"/],
  [
    "the signing key's kid",
    { ...verifying(good), keyId: 'old' },
    'keys.verificationKeys',
    /two keys have the kid "old"/,
  ],
  [
    'one key, two algorithms',
    verifying(jwk(rsa.publicKey, { kid: 'x', alg: 'PS256' })),
    'keys.verificationKeys',
    /one key has one algorithm/,
  ],
];

function refusalOf(options: object): AuthError {
  try {
    loadStaticKeys(options as StaticKeysOptions);
  } catch (error) {
    if (error instanceof AuthError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

/** Every text of some length in the options that is not a name. */
function materialIn(value: unknown): string[] {
  if (typeof value === 'string')
    return value.length > 15 ? [value, ...value.split(/\s+/).filter((line) => line.length > 30)] : [];
  if (Buffer.isBuffer(value))
    return [value.toString('base64url'), value.toString('base64'), value.toString('hex')];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(materialIn) : [];
}

describe('keys refused at boot', () => {
  // T-f827
  it.each(REFUSALS)('%s', (_name, options, option, cure) => {
    const error = refusalOf(options);
    expect(error.reason).toBe('configuration_invalid');
    expect(error.detail.startsWith(`${option}: `)).toBe(true);
    expect(error.detail).toMatch(cure);
    expect(error.detail).not.toContain('\n');
    for (const material of materialIn(options))
      expect(error.message + String(error.cause)).not.toContain(material);
  });
});

describe('keys accepted', () => {
  it.each<[string, StaticKeysOptions]>([
    ['PKCS#8', { privateKey: pem(rsa.privateKey) }],
    ['PEM with \\n', { privateKey: pem(rsa.privateKey).replaceAll('\n', '\\n') }],
    ['PEM with \\r\\n and blanks', { privateKey: `  ${pem(rsa.privateKey).replaceAll('\n', '\r\n')}  ` }],
    ['PKCS#1', { privateKey: pem(rsa.privateKey, 'pkcs1') }],
    ['JWK', { privateKey: jwk(rsa.privateKey) }],
    ['KeyObject', { privateKey: rsa.privateKey }],
    [
      'with its public key',
      { privateKey: rsa.privateKey, publicKey: pem(rsa.publicKey).replaceAll('\n', '\\n') },
    ],
    ['with its public key, PKCS#1', { privateKey: rsa.privateKey, publicKey: pem(rsa.publicKey, 'pkcs1') }],
    ['with its public JWK', { privateKey: rsa.privateKey, publicKey: jwk(rsa.publicKey) }],
  ])('RSA as %s, kid by RFC 7638', async (_name, options) => {
    const { signing, verification } = loadStaticKeys(options);
    expect(signing).toMatchObject({
      algorithm: 'RS256',
      kid: await calculateJwkThumbprint(jwk(rsa.publicKey) as JWK),
    });
    expect(verification).toHaveLength(1);
  });

  it.each(['ES256', 'ES384', 'ES512'] as const)('%s, kid by RFC 7638', async (algorithm) => {
    const { privateKey, publicKey } = makeEc({ ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[algorithm]);
    for (const material of [pem(privateKey), pem(privateKey, 'sec1'), jwk(privateKey)]) {
      const { signing } = loadStaticKeys({ algorithm, privateKey: material });
      expect(signing?.kid).toBe(await calculateJwkThumbprint(jwk(publicKey) as JWK));
    }
  });

  it('PEM of an EC key behind its parameters, as openssl writes it', () => {
    const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
    expect(
      loadStaticKeys({ algorithm: 'ES256', privateKey: parameters + pem(p256.privateKey, 'sec1') }).signing,
    ).toBeDefined();
  });

  // T-rbxf
  it.each([
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ] as const)('%s with exactly %i bytes, text or bytes; the kid gives nothing away', (algorithm, length) => {
    const secret = randomBytes(length);
    const [asText, asBytes] = [secret.toString('base64url'), secret].map((given) =>
      loadStaticKeys({ algorithm, secret: given }),
    );
    expect(asText?.signing?.kid).toBe(asBytes?.signing?.kid);
    expect(asText?.signing?.kid).toMatch(/^[\w-]{43}$/);
    expect(asText?.verification[0]?.publicJwk).toBeUndefined();
  });

  it('the given kid, else the one that a JWK carries', () => {
    const privateKey = jwk(rsa.privateKey, { kid: 'own', alg: 'RS256', use: 'sig' });
    expect(loadStaticKeys({ privateKey }).signing?.kid).toBe('own');
    expect(loadStaticKeys({ privateKey, keyId: 'given' }).signing?.kid).toBe('given');
  });

  it('verification keys of any asymmetric algorithm, secrets beside a secret', () => {
    const keys = [good, jwk(p256.publicKey, { kid: 'ec', alg: 'ES256', use: 'sig', key_ops: ['verify'] })];
    const mixed = loadStaticKeys(verifying(...keys));
    expect(mixed.verification.map(({ algorithm }) => algorithm)).toEqual(['RS256', 'RS256', 'ES256']);
    expect(loadStaticKeys(hmac(oct(64, { alg: 'HS512' })) as StaticKeysOptions).verification).toHaveLength(2);
  });
});
