import { createPublicKey, generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { KeyMaterial } from '../../options/key-options.js';
import { jwkMembers } from './jwk-members.js';
import {
  hasPrivateMembers,
  readPrivateKey,
  readPublicKey,
  readSecret,
  secretKeyObject,
} from './key-material.js';
import { refusal } from './refusal.fixture.js';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const secretKey = secretKeyObject(randomBytes(32));
const privateJwk = { ...jwkMembers(privateKey) };
const publicJwk = { ...jwkMembers(publicKey) };
const spki = publicKey.export({ type: 'spki', format: 'pem' }) as string;
const none = 'o: must be PEM text, a JWK object or a KeyObject of node:crypto';

describe('the private key', () => {
  it('is taken as a KeyObject, and as a JWK', () => {
    expect(readPrivateKey('o', privateKey)).toBe(privateKey);
    expect(readPrivateKey('o', privateJwk).equals(privateKey)).toBe(true);
  });

  it.each<[string, unknown, string]>([
    ['a public KeyObject', publicKey, 'a public key cannot sign here: give the private key'],
    ['a secret KeyObject', secretKey, 'a secret key cannot sign here: give the private key'],
    [
      'a public key in PEM',
      spki,
      'is a public key: give the private key, a public one cannot sign',
    ],
    ['a public JWK', publicJwk, 'is a JWK without its private members: give the private key'],
    [
      'a private member of the prototype',
      Object.create({ d: privateJwk.d }, Object.getOwnPropertyDescriptors(publicJwk)),
      'is a JWK without its private members: give the private key',
    ],
    [
      'a JWK that is not complete',
      { ...privateJwk, x: undefined },
      'is not a private JWK (RFC 7517) of an RSA or EC key: check that it is complete and that its members belong together',
    ],
  ])('is not %s', (_, material, problem) => {
    expect(refusal(() => readPrivateKey('o', material as KeyMaterial))).toBe(`o: ${problem}`);
  });
});

describe('the public key', () => {
  const misplaced = 'is a private key where only a public one belongs: give the public half';
  it('is taken as a KeyObject, as a JWK, and as bytes that are not a Buffer', () => {
    expect(readPublicKey('o', publicKey)).toBe(publicKey);
    expect(readPublicKey('o', publicJwk).equals(publicKey)).toBe(true);
    const bytes = new Uint8Array(Buffer.from(spki)) as Buffer;
    expect(readPublicKey('o', bytes).equals(publicKey)).toBe(true);
  });

  it.each<[string, unknown, string]>([
    ['a private KeyObject', privateKey, misplaced],
    ['a secret KeyObject', secretKey, misplaced],
    ['a private JWK', privateJwk, misplaced],
    [
      'a JWK that is not complete',
      { ...publicJwk, x: undefined },
      'is not a public JWK (RFC 7517) of an RSA or EC key: check that it is complete',
    ],
    [
      'text without a key',
      'x',
      'is not a public key in PEM: give SPKI, with real line breaks or \\n',
    ],
  ])('is not %s', (_, material, problem) => {
    expect(refusal(() => readPublicKey('o', material as KeyMaterial))).toBe(`o: ${problem}`);
  });

  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])('has no private member %s', (name) => {
    expect(hasPrivateMembers({ ...publicJwk, [name]: 'AQAB' })).toBe(true);
    expect(hasPrivateMembers({ ...publicJwk, [name]: undefined })).toBe(false);
  });
});

it.each([7, true, null, undefined, []])('a key is not %j', (material) => {
  for (const read of [readPrivateKey, readPublicKey])
    expect(refusal(() => read('o', material as unknown as JsonWebKey))).toBe(none);
});

describe('a secret', () => {
  const hex = 'ab'.repeat(16);
  it.each<[string, string | Uint8Array, Buffer]>([
    ['bytes', new Uint8Array([1, 2, 3]), Buffer.from([1, 2, 3])],
    ['text as bytes, without a line break', Buffer.from('secret'), Buffer.from('secret')],
    [
      'bytes that are not text before a line break',
      Buffer.from('\xffa\n', 'latin1'),
      Buffer.from('\xffa\n', 'latin1'),
    ],
    ['text as bytes, with a line break inside', Buffer.from('a\nb'), Buffer.from('a\nb')],
    ['base64url and a line break', 'AQID\n', Buffer.from([1, 2, 3])],
    [
      '30 hexadecimal digits',
      `${'AB'.repeat(14)}AA`,
      Buffer.from(`${'AB'.repeat(14)}AA`, 'base64'),
    ],
    ['19 hexadecimal digits', `${'ab'.repeat(9)}c`, Buffer.from(`${'ab'.repeat(9)}c`, 'base64')],
    ['digits in both cases', 'aB'.repeat(16), Buffer.from('aB'.repeat(16), 'base64')],
    ['more before hexadecimal digits', `zzzz${hex}`, Buffer.from(`zzzz${hex}`, 'base64')],
    ['more behind hexadecimal digits', `${hex}zzzz`, Buffer.from(`${hex}zzzz`, 'base64')],
  ])('may be %s', (_, secret, bytes) => {
    expect(readSecret('o', secret)).toEqual(bytes);
    expect(secretKeyObject(readSecret('o', secret)).export()).toEqual(bytes);
  });

  it.each<[string, unknown, RegExp]>([
    ['32 hexadecimal digits', hex, /hexadecimal/],
    ['32 hexadecimal digits in capitals', hex.toUpperCase(), /hexadecimal/],
    ['34 hexadecimal digits', `${hex}ab`, /hexadecimal/],
    ['text as bytes with a line break', Buffer.from('secret\n'), /read it as 'utf8'/],
    ['text as bytes with a line break of Windows', Buffer.from('secret\r\n'), /read it as 'utf8'/],
    ['empty', '', /must be base64url text/],
    ['a line break inside', 'AQID\nAQID', /must be base64url text/],
    ['two line breaks', 'AQID\n\n', /must be base64url text/],
    ['a number', 7, /must be base64url text/],
    ['a list', [1, 2, 3], /must be base64url text/],
  ])('is not %s', (_, secret, problem) => {
    expect(refusal(() => readSecret('o', secret))).toMatch(problem);
  });
});

it('a private key in PEM leads to its own public half', () => {
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  expect(createPublicKey(readPrivateKey('o', pkcs8)).equals(publicKey)).toBe(true);
});
