import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { SigningAlgorithm } from '../../options/key-options.js';
import type { RemoteSigningKey } from './key-set.js';
import { joseSignature } from './remote-signature.js';

const signed = Buffer.from('header.payload');
interface Pair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}
const CURVES = [
  ['ES256', 'P-256', 'sha256', 64],
  ['ES384', 'P-384', 'sha384', 96],
  ['ES512', 'P-521', 'sha512', 132],
] as const;
const remote = (algorithm: SigningAlgorithm, { publicKey }: Pair): RemoteSigningKey => ({
  kid: 'kms',
  algorithm,
  publicKey,
  sign: () => Promise.reject(new Error('not asked here')),
});
const der = (hash: string, { privateKey }: Pair, bytes = signed) => sign(hash, bytes, privateKey);
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = remote('ES256', p256);
/** With a byte of the encoding changed. */
const changed = (at: number, to: number) => {
  const bytes = der('sha256', p256);
  bytes[at] = to;
  return bytes;
};

describe.each(CURVES)('a remote signature of %s', (algorithm, namedCurve, hash, length) => {
  const pair = generateKeyPairSync('ec', { namedCurve });

  it('in DER becomes r ‖ s, the same bytes that a signer of JOSE gives', () => {
    const found = joseSignature(remote(algorithm, pair), signed, der(hash, pair));
    expect(found).toHaveLength(length);
    expect(joseSignature(remote(algorithm, pair), signed, found)).toEqual(found);
  });

  it('in r ‖ s is taken as it is, and from any view of bytes', () => {
    const dsaEncoding = 'ieee-p1363';
    const made = sign(hash, signed, { key: pair.privateKey, dsaEncoding });
    expect(joseSignature(remote(algorithm, pair), signed, new Uint8Array(made))).toEqual(made);
  });
});

describe('a remote signature', () => {
  it.each([
    ['shorter than the curve', (length: number) => length < 32],
    ['with a leading zero for its sign', (length: number) => length === 33],
  ])('in DER may have an r or s %s', (_, fits) => {
    for (const at of ['r', 's']) {
      const made = Array.from({ length: 10_000 }, (_each, nonce) => Buffer.from(String(nonce)));
      const bytes = made.find((each) => {
        const given = der('sha256', p256, each);
        const length = at === 'r' ? given[3] : given[5 + (given[3] ?? 0)];
        if (!fits(length ?? 0)) return false;
        expect(joseSignature(key, each, given)).toHaveLength(64);
        return true;
      });
      expect(bytes).toBeDefined();
    }
  });

  it('of RSA is taken as it is, and never read as DER', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const made = sign('sha256', signed, rsa.privateKey);
    expect(joseSignature(remote('RS256', rsa), signed, made)).toEqual(made);
    expect(joseSignature(remote('RS256', rsa), signed, der('sha256', p256))).toBeUndefined();
  });

  it.each<[string, () => unknown]>([
    ['of another key', () => der('sha256', generateKeyPairSync('ec', { namedCurve: 'P-256' }))],
    ['of other bytes', () => der('sha256', p256, Buffer.from('header.other'))],
    ['that is a SET', () => changed(0, 0x31)],
    ['whose r is not an INTEGER', () => changed(2, 0x03)],
    ['whose s is not an INTEGER', () => changed(4 + (der('sha256', p256)[3] ?? 0), 0x03)],
    ['whose r has no bytes', () => changed(3, 0)],
    ['whose r is longer than the curve', () => changed(3, 60)],
    ['that ends within r', () => der('sha256', p256).subarray(0, 20)],
    ['that ends after r', () => Buffer.from([0x30, 0x03, 0x02, 0x01, 0x01])],
    ['that is its first byte', () => Buffer.from([0x30])],
    ['of no bytes', () => Buffer.alloc(0)],
    ['in text', () => der('sha256', p256).toString('base64url')],
    ['that is a number', () => 64],
    ['that is nothing', () => undefined],
  ])('refuses a signature %s', (_, given) => {
    expect(joseSignature(key, signed, given())).toBeUndefined();
  });
});
