import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { assertKeyFits, isQuick } from './key-fitness.js';

describe('a key that a stranger brings', () => {
  it.each([
    ['RSA of 4,096 bits', { modulusLength: 4096, publicExponent: 65_537n }, 'quick'],
    ['RSA of 4,097 bits', { modulusLength: 4097, publicExponent: 65_537n }, 'slow'],
    ['RSA with a greater exponent', { modulusLength: 2048, publicExponent: 65_539n }, 'slow'],
    ['an elliptic curve', { namedCurve: 'prime256v1' }, 'quick'],
    ['one without details', undefined, 'quick'],
  ])('%s: %j is %s', (_what, asymmetricKeyDetails, expected) => {
    const key = { asymmetricKeyDetails } as unknown as KeyObject;
    expect(isQuick(key) ? 'quick' : 'slow').toBe(expected);
  });
});

describe('a key of another curve', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
  it.each([
    ['ES256', 'P-256'],
    ['ES384', 'P-384'],
    ['ES512', 'P-521'],
  ] as const)('does not fit %s, whose curve is named: %s', (algorithm, curve) => {
    expect(() => assertKeyFits('o', algorithm, publicKey)).toThrow(
      expect.objectContaining({
        detail: `o: ${algorithm} needs an EC key on ${curve}: make one on that curve`,
      }),
    );
  });
});
