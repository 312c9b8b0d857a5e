import { describe, expect, it, jest } from '@jest/globals';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { generateSigningJwk } from '../../issue/keys/generate-key.js';
import { jwkMembers } from './jwk-members.js';
import { publicKeyThumbprint } from './thumbprint.js';
import { asVerificationKey } from './verification-keys.js';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

describe('the members of a key', () => {
  it.each([
    ['EC', ec],
    ['RSA', rsa],
  ] as const)('are those of the %s key, public and private', (_, { publicKey, privateKey }) => {
    expect(createPublicKey({ key: jwkMembers(publicKey), format: 'jwk' }).equals(publicKey)).toBe(
      true,
    );
    expect(jwkMembers(publicKey)).not.toHaveProperty('d');
    expect(
      createPrivateKey({ key: jwkMembers(privateKey), format: 'jwk' }).equals(privateKey),
    ).toBe(true);
  });

  it('of a public key are kept, of a private one not', () => {
    expect(jwkMembers(ec.publicKey)).toBe(jwkMembers(ec.publicKey));
    expect(jwkMembers(ec.privateKey)).not.toBe(jwkMembers(ec.privateKey));
  });

  it('are exported from a copy of the key', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const spies = [publicKey, privateKey].map((key) =>
      jest.spyOn(Object.getPrototypeOf(key) as typeof key, 'export'),
    );
    publicKeyThumbprint(publicKey);
    asVerificationKey('kid', 'ES384', publicKey);
    await generateSigningJwk('ES384', { iat: 1, nbf: 1 });
    const formats = spies.flatMap((spy) =>
      spy.mock.calls.map(([options]) => options?.format as string),
    );
    for (const spy of spies) spy.mockRestore();
    expect(formats.filter((format) => format === 'jwk')).toHaveLength(3);
    expect(formats.filter((format) => format === 'der')).toHaveLength(3);
  });
});
