import {
  createPrivateKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { isSameKey } from './same-key.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const [p256, p384] = ['P-256', 'P-384'].map((namedCurve) =>
  generateKeyPairSync('ec', { namedCurve }),
);

describe('the comparison of two keys', () => {
  it.each<[string, KeyObject | undefined]>([
    ['of another type', p256?.publicKey],
    ['of another curve', p384?.publicKey],
    ['of the other half', rsa.privateKey],
  ])('%s are not the same, and spoil no later key', (_, other) => {
    for (const one of [rsa.publicKey, p256?.publicKey]) {
      if (!one || !other || one === other) continue;
      expect(isSameKey(one, other)).toBe(false);
      const key = rsa.privateKey.export({ format: 'der', type: 'pkcs8' });
      expect(createPrivateKey({ key, format: 'der', type: 'pkcs8' }).type).toBe('private');
    }
  });

  it('that was read again is the same', () => {
    const key = rsa.privateKey.export({ format: 'der', type: 'pkcs8' });
    expect(isSameKey(rsa.privateKey, createPrivateKey({ key, format: 'der', type: 'pkcs8' }))).toBe(
      true,
    );
  });

  it('of secrets goes by their bytes', () => {
    const [one, twin, other] = ['a', 'a', 'b'].map((byte) =>
      createSecretKey(byte.repeat(32), 'latin1'),
    );
    if (!one || !twin || !other) throw new Error('three secrets');
    expect([isSameKey(one, twin), isSameKey(one, other)]).toEqual([true, false]);
    expect(isSameKey(one, rsa.publicKey)).toBe(false);
  });
});
