import { describe, expect, it } from '@jest/globals';
import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { AuthError } from '../../common/auth-error.js';
import type { StaticKeysOptions } from '../../options/key-options.js';
import { loadStaticKeys } from './static-keys.js';
import {
  good,
  hmac,
  jwk,
  makeEc,
  makeRsa,
  oct,
  p256,
  pem,
  rsa,
  rsa2,
  verifying,
} from './static-keys.fixture.js';

const weak = makeRsa(2040);
const lowExponent = makeRsa(2048, 3);
const p384 = makeEc('P-384');
const koblitz = makeEc('secp256k1');
const ed = generateKeyPairSync('ed25519');
const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
const hs = (secret: unknown, algorithm = 'HS256') => ({ algorithm, secret });

const jwtIoSpki =
  'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==';
const jwtIo = createPublicKey({
  key: Buffer.from(jwtIoSpki, 'base64'),
  format: 'der',
  type: 'spki',
});
const rfc7515Ec = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
};
const rfc7515Oct =
  'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow';

/** RFC 7520, sections 3.1 and 3.3; their private halves are in 3.2 and 3.4. */
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

/** By the option that the message names: test name, options, advice in the message. */
const REFUSALS: Readonly<
  Record<string, readonly (readonly [name: string, options: object, cure: RegExp])[]>
> = {
  'keys.algorithm': [
    ['alg none', { algorithm: 'none', privateKey: rsa.privateKey }, /use one of RS256/],
    ['alg NONE', { algorithm: 'NONE', secret: randomBytes(64) }, /use one of/],
    ['alg unknown', { algorithm: 'EdDSA', privateKey: ed.privateKey }, /use one of/],
    [
      'alg of the prototype',
      { algorithm: 'constructor', privateKey: rsa.privateKey },
      /use one of/,
    ],
  ],
  'keys.privateKey': [
    ['no key', {}, /is missing/],
    ['key pair for HS256', { algorithm: 'HS256', privateKey: rsa.privateKey }, /remove the key/],
    ['RSA below 2048 bits', { privateKey: pem(weak.privateKey) }, /2048 bits or more/],
    ['RSA below 2048 bits for PS512', { algorithm: 'PS512', privateKey: weak.privateKey }, /2048/],
    ['RSA exponent 3', { privateKey: lowExponent.privateKey }, /exponent 65537/],
    ['RSA-PSS key', { algorithm: 'PS256', privateKey: pss.privateKey }, /rsaEncryption/],
    ['EC key for RS256', { privateKey: p256.privateKey }, /needs an RSA key/],
    ['RSA key for ES256', { algorithm: 'ES256', privateKey: rsa.privateKey }, /P-256/],
    ['P-384 for ES256', { algorithm: 'ES256', privateKey: p384.privateKey }, /P-256/],
    ['P-256 for ES512', { algorithm: 'ES512', privateKey: p256.privateKey }, /P-521/],
    ['secp256k1 for ES256', { algorithm: 'ES256', privateKey: koblitz.privateKey }, /P-256/],
    ['Ed25519 for ES256', { algorithm: 'ES256', privateKey: ed.privateKey }, /P-256/],
    ['public key as private, PEM', { privateKey: pem(rsa.publicKey) }, /is a public key/],
    ['public key as private, JWK', { privateKey: jwk(rsa.publicKey) }, /private members/],
    ['public key as private, KeyObject', { privateKey: rsa.publicKey }, /give the private key/],
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
      /decrypt it/,
    ],
    ['two private keys', { privateKey: pem(rsa.privateKey) + pem(rsa2.privateKey) }, /give one/],
    ['text that is not PEM', { privateKey: 'c2VjcmV0' }, /PKCS#8/],
    ['a number', { privateKey: 7 }, /PEM text, a JWK/],
    ['null', { privateKey: null }, /PEM text, a JWK/],
    [
      'JWK of two halves',
      {
        algorithm: 'ES256',
        privateKey: { ...jwk(p256.privateKey), ...jwk(makeEc('P-256').publicKey) },
      },
      /complete|belong together/,
    ],
    [
      'JWK for another alg',
      { privateKey: jwk(rsa.privateKey, { alg: 'PS256' }) },
      /one key has one algorithm/,
    ],
    ['JWK for encryption', { privateKey: jwk(rsa.privateKey, { use: 'enc' }) }, /encryption key/],
    ['example key of RFC 7515', { algorithm: 'ES256', privateKey: rfc7515Ec }, /example key/],
  ],
  'keys.secret': [
    ['no secret', { algorithm: 'HS256' }, /is missing/],
    [
      'key and secret',
      { privateKey: rsa.privateKey, secret: randomBytes(32) },
      /remove the secret/,
    ],
    ['secret for RS256', { secret: randomBytes(64) }, /choose an HS/],
    ['HS256 with 31 bytes', hs(randomBytes(31)), /at least 32 bytes/],
    ['HS384 with 47 bytes', hs(randomBytes(47).toString('base64url'), 'HS384'), /at least 48/],
    ['HS512 with 63 bytes', hs(randomBytes(63), 'HS512'), /at least 64/],
    ['secret padded', hs(`${randomBytes(32).toString('base64url')}=`), /base64url/],
    ['secret in plain words', hs('correct horse battery staple, and some more'), /base64url/],
    ['secret empty', hs(''), /base64url/],
    ['example secret of old', hs('your-256-bit-secret'), /example/],
    ['example secret of jwt.io', hs('a-string-secret-at-least-256-bits-long'), /example/],
    [
      'example secret of jwt.io, bytes',
      hs(Buffer.from('a-string-secret-at-least-256-bits-long')),
      /example/,
    ],
    [
      'example secret of jwt.io, HS512',
      hs(
        Buffer.from('a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long'),
        'HS512',
      ),
      /example/,
    ],
    ['example secret of RFC 7515', hs(rfc7515Oct, 'HS512'), /example/],
  ],
  'keys.publicKey': [
    ['public key for HS256', { ...hs(randomBytes(64)), publicKey: rsa.publicKey }, /remove/],
    [
      'public key of another',
      { privateKey: rsa.privateKey, publicKey: pem(rsa2.publicKey) },
      /matching/,
    ],
    [
      'private key as public, PEM',
      { privateKey: rsa.privateKey, publicKey: pem(rsa.privateKey) },
      /public one belongs/,
    ],
    [
      'private key as public, PKCS#1',
      { privateKey: rsa.privateKey, publicKey: pem(rsa.privateKey, 'pkcs1') },
      /public one belongs/,
    ],
    [
      'private key as public, JWK',
      { privateKey: rsa.privateKey, publicKey: jwk(rsa.privateKey) },
      /public one belongs/,
    ],
    [
      'private key as public, KeyObject',
      { privateKey: rsa.privateKey, publicKey: rsa.privateKey },
      /public one belongs/,
    ],
  ],
  'keys.keyId': [
    ['empty kid', { privateKey: rsa.privateKey, keyId: '' }, /printable ASCII/],
    ['kid with a line break', { privateKey: rsa.privateKey, keyId: 'a\nb' }, /printable ASCII/],
  ],
  'keys.verificationKeys[0]': [
    ['example key of jwt.io', verifying(jwk(jwtIo, { kid: 'x', alg: 'ES256' })), /example key/],
    [
      'example key of RFC 7515, to verify',
      verifying({ ...rfc7515Ec, d: undefined, kid: 'x', alg: 'ES256' }),
      /example key/,
    ],
    ['no JWK', verifying('x'), /JWK object/],
    ['no alg', verifying({ ...good, alg: undefined }), /"alg"/],
    ['alg none', verifying({ ...good, alg: 'none' }), /"alg"/],
    ['alg of another kind', verifying({ ...good, alg: 'ES256' }), /EC key on P-256/],
    ['alg HS256 on an RSA key', verifying({ ...good, alg: 'HS256' }), /takes a secret/],
    ['use enc', verifying({ ...good, use: 'enc' }), /"use"/],
    ['key_ops encrypt', verifying({ ...good, key_ops: ['encrypt'] }), /key_ops/],
    ['RSA below 2048 bits', verifying(jwk(weak.publicKey, { kid: 'w', alg: 'RS256' })), /2048/],
    ['exponent 3', verifying(jwk(lowExponent.publicKey, { kid: 'w', alg: 'RS256' })), /65537/],
    ['private', verifying(jwk(rsa2.privateKey, { kid: 'old', alg: 'RS256' })), /private key among/],
    ['one private member', verifying({ ...good, dp: 'AQAB' }), /private key among/],
    ['oct beside RS256', verifying(oct(32)), /"oct"/],
    ['RSA beside HS256', hmac(good), /only "oct"/],
    ['oct too short', hmac(oct(31)), /at least 32/],
    ['oct too short for its own alg', hmac(oct(32, { alg: 'HS512' })), /at least 64/],
    ['RFC 7520, 3.1', verifying(rfc7520Ec), /private half is public/],
    ['RFC 7520, 3.3', verifying(rfc7520Rsa), /private half is public/],
    ['oct for RS256', hmac(oct(64, { alg: 'RS256' })), /not a secret/],
    ['oct without k', hmac(oct(32, { k: undefined })), /base64url/],
  ],
  'keys.verificationKeys': [
    ['no JWKS', { privateKey: rsa.privateKey, verificationKeys: [good] }, /must be a JWKS/],
    ['one kid twice', verifying(good, good), /two keys have the kid "old"/],
    ["the signing key's kid", { ...verifying(good), keyId: 'old' }, /two keys have the kid "old"/],
    [
      'one key, two algorithms',
      verifying(jwk(rsa.publicKey, { kid: 'x', alg: 'PS256' })),
      /one key has one algorithm/,
    ],
  ],
  'keys.verificationKeys[1]': [
    ['no kid', verifying(good, { ...good, kid: undefined }), /no "kid"/],
  ],
  'keys.verificationKeys[0].kid': [['kid a number', verifying({ ...good, kid: 7 }), /printable/]],
};

function refusalOf(options: object): AuthError {
  try {
    loadStaticKeys(options as StaticKeysOptions);
  } catch (error) {
    if (error instanceof AuthError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

/** Every long text in the options, except names. */
function materialIn(value: unknown): string[] {
  if (typeof value === 'string')
    return value.length > 15
      ? [value, ...value.split(/\s+/).filter((line) => line.length > 30)]
      : [];
  if (Buffer.isBuffer(value))
    return [value.toString('base64url'), value.toString('base64'), value.toString('hex')];
  return typeof value === 'object' && value !== null
    ? Object.values(value).flatMap(materialIn)
    : [];
}

describe.each(Object.entries(REFUSALS))('refused at boot, %s', (option, rows) => {
  // T-f827
  it.each(rows)('%s', (_name, options, cure) => {
    const error = refusalOf(options);
    expect(error.reason).toBe('configuration_invalid');
    expect(error.detail.startsWith(`${option}: `)).toBe(true);
    expect(error.detail).toMatch(cure);
    expect(error.detail).not.toContain('\n');
    for (const material of materialIn(options))
      expect(error.message + String(error.cause)).not.toContain(material);
  });
});
