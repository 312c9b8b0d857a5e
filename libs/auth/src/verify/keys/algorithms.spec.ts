import { describe, expect, it } from '@jest/globals';
import { SIGNING_ALGORITHMS } from '../../options/key-options.js';
import { ALGORITHMS, algorithmOfCurve, isSigningAlgorithm } from './algorithms.js';

const rsa = (hash: string, padding: string) => ({ family: 'rsa', hash, padding });
const ec = (hash: string, curve: string, signatureBytes: number) => ({
  family: 'ec',
  hash,
  curve,
  signatureBytes,
});
const hmac = (hash: string, minimumBytes: number) => ({ family: 'hmac', hash, minimumBytes });

describe('an algorithm of RFC 7518, section 3.1', () => {
  it.each<[string, object]>([
    ['RS256', rsa('sha256', 'pkcs1')],
    ['RS384', rsa('sha384', 'pkcs1')],
    ['RS512', rsa('sha512', 'pkcs1')],
    ['PS256', rsa('sha256', 'pss')],
    ['PS384', rsa('sha384', 'pss')],
    ['PS512', rsa('sha512', 'pss')],
    // r and s are as long as the order of the curve: 32, 48 and 66 bytes
    ['ES256', ec('sha256', 'prime256v1', 64)],
    ['ES384', ec('sha384', 'secp384r1', 96)],
    ['ES512', ec('sha512', 'secp521r1', 132)],
    // a secret is at least as long as the hash (section 3.2)
    ['HS256', hmac('sha256', 32)],
    ['HS384', hmac('sha384', 48)],
    ['HS512', hmac('sha512', 64)],
  ])('%s requires %j', (name, traits) => {
    expect(isSigningAlgorithm(name) && ALGORITHMS[name]).toEqual(traits);
  });

  it('is described if it can be configured, and no other is', () => {
    expect(Object.keys(ALGORITHMS).sort()).toEqual([...SIGNING_ALGORITHMS].sort());
  });

  it.each([
    'none',
    'None',
    'rs256',
    'RS256 ',
    'EdDSA',
    'ES256K',
    'RSA1_5',
    '',
    '__proto__',
    'constructor',
    'toString',
    undefined,
    null,
    0,
    ['RS256'],
    { toString: () => 'RS256' },
  ])('is not %p', (value) => {
    expect(isSigningAlgorithm(value)).toBe(false);
  });
});

it.each<[string, string | undefined]>([
  ['prime256v1', 'ES256'],
  ['secp384r1', 'ES384'],
  ['secp521r1', 'ES512'],
  ['secp256k1', undefined],
  ['P-256', undefined],
  ['', undefined],
])('the algorithm of the curve %s is %s', (curve, algorithm) => {
  expect(algorithmOfCurve(curve)).toBe(algorithm);
});
