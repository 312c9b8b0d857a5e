import type { KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { isQuick } from './key-fitness.js';

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
