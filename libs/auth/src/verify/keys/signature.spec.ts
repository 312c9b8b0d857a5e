import {
  constants,
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../options/key-options.js';
import { rawSignature } from '../tokens/forge.fixture.js';
import type { LocalSigningKey } from './key-set.js';
import { isConsistent, signatureFits } from './signature.js';

const TEXT = 'the bytes that were signed';
const signed = Buffer.from(TEXT);
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const curves = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' } as const;
const ec = new Map<string, typeof rsa>(
  Object.entries(curves).map(([name, namedCurve]) => [
    name,
    generateKeyPairSync('ec', { namedCurve }),
  ]),
);
const secret = randomBytes(64);

function pairOf(algorithm: SigningAlgorithm) {
  if (algorithm.startsWith('HS')) return { privateKey: secret, publicKey: createSecretKey(secret) };
  return ec.get(algorithm) ?? rsa;
}
const keyOf = (algorithm: SigningAlgorithm) => ({
  kid: 'k',
  algorithm,
  publicKey: pairOf(algorithm).publicKey,
});
const made = (algorithm: SigningAlgorithm) =>
  rawSignature(algorithm, pairOf(algorithm).privateKey, TEXT);
const fits = (algorithm: SigningAlgorithm, signature: Buffer, over = signed) =>
  signatureFits(keyOf(algorithm), over, signature);

describe('a signature', () => {
  // T-sw35
  it.each(SIGNING_ALGORITHMS)('of %s is valid for the signed bytes only', (algorithm) => {
    const signature = made(algorithm);
    expect(fits(algorithm, signature)).toBe(true);
    expect(fits(algorithm, signature, Buffer.from(`${TEXT} `))).toBe(false);
    const flipped = Buffer.from(signature);
    flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
    for (const other of [
      flipped,
      signature.subarray(1),
      signature.subarray(0, -1),
      Buffer.concat([signature, Buffer.alloc(1)]),
      Buffer.concat([Buffer.alloc(1), signature]),
      Buffer.alloc(signature.length),
      Buffer.alloc(0),
    ])
      expect(fits(algorithm, other)).toBe(false);
  });

  // RFC 8017, section 8.1.2, step 1: one of 256 begins with a zero
  // T-dd4r
  it.each(['RS256', 'PS256'] as const)('of %s without its leading zero is refused', (algorithm) => {
    const begun = performance.now();
    let text = TEXT;
    const made = () => rawSignature(algorithm, rsa.privateKey, text);
    let signature = made();
    while (signature[0] !== 0 && performance.now() - begun < 20_000) {
      text += '.';
      signature = made();
    }
    expect(signature[0]).toBe(0);
    expect(fits(algorithm, signature, Buffer.from(text))).toBe(true);
    expect(fits(algorithm, signature.subarray(1), Buffer.from(text))).toBe(false);
  });

  it.each(['RS256', 'PS256', 'ES256', 'HS256'] as const)(
    'of %s is not valid for another algorithm',
    (algorithm) => {
      const family = SIGNING_ALGORITHMS.filter(
        (each) => each[0] === algorithm[0] || /^[RP]S/.test(each),
      );
      const others = family.filter((each) => each !== algorithm);
      expect(others.filter((each) => fits(each, made(algorithm)))).toEqual([]);
    },
  );

  // RFC 8725, section 3.4: one signature, one form (RFC 7518, section 3.4)
  // T-3nvz
  it.each(['ES256', 'ES384', 'ES512'] as const)('of %s in DER is refused', (algorithm) => {
    const hash = `sha${algorithm.slice(2)}`;
    for (let tries = 0; tries < 20; tries += 1)
      expect(fits(algorithm, sign(hash, signed, pairOf(algorithm).privateKey as never))).toBe(
        false,
      );
  });

  it.each([0, 20, constants.RSA_PSS_SALTLEN_MAX_SIGN])(
    'of PS256 with another salt length is refused: %i',
    (saltLength) => {
      const key = rsa.privateKey;
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      expect(fits('PS256', sign('sha256', signed, { key, padding, saltLength }))).toBe(false);
    },
  );

  it('of HS256 that is truncated to any length is refused', () => {
    const whole = createHmac('sha256', secret).update(signed).digest();
    for (let length = 0; length < whole.length; length += 1)
      expect(fits('HS256', whole.subarray(0, length))).toBe(false);
  });
});

describe('a private key', () => {
  const local = (algorithm: SigningAlgorithm, privateKey: unknown) =>
    isConsistent({ kid: 'k', algorithm, privateKey } as LocalSigningKey);

  it.each(['RS256', 'PS512', 'ES256', 'ES384', 'ES512'] as const)(
    'of %s signs what it verifies',
    (name) => {
      expect(local(name, pairOf(name).privateKey)).toBe(true);
    },
  );

  it('that is a secret is consistent, because it has no public half', () => {
    expect(local('HS256', createSecretKey(secret))).toBe(true);
  });

  it('that cannot sign is not consistent, and does not throw', () => {
    expect(local('RS256', rsa.publicKey)).toBe(false);
  });
});
