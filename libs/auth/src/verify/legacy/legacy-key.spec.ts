import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { ResolvedLegacyIssuer } from '../../options/legacy-options.js';
import { legacyKid, readLegacyKey } from './legacy-key.js';
import { OLD_SECRET, oldRsa, pem } from './legacy.fixture.js';

const read = (algorithm: string, key: unknown) =>
  readLegacyKey('accessToken.legacy[0].key', {
    name: 'shop',
    algorithm,
    key,
  } as unknown as ResolvedLegacyIssuer);
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

describe('the key of an old issuer', () => {
  it('has a kid of its own kind, which no key of ours gets', () => {
    expect(legacyKid('shop')).toBe('legacy:shop');
    expect(read('HS256', OLD_SECRET)).toMatchObject({ kid: 'legacy:shop', algorithm: 'HS256' });
  });

  it.each<[string, string | Buffer, Buffer]>([
    ['the bytes of a text', OLD_SECRET, Buffer.from(OLD_SECRET)],
    [
      'the bytes of a text, not of its base64url',
      'q'.repeat(3) + OLD_SECRET.replaceAll(/\W/g, '-'),
      Buffer.from('q'.repeat(3) + OLD_SECRET.replaceAll(/\W/g, '-')),
    ],
    [
      'a Buffer, a final line break included',
      Buffer.from(`${OLD_SECRET}\n`),
      Buffer.from(`${OLD_SECRET}\n`),
    ],
  ])('is, for HMAC, %s', (_, given, bytes) => {
    expect(read('HS256', given).publicKey.export()).toEqual(bytes);
  });

  it.each<[string, unknown]>([
    ['RS256', oldRsa.publicKey],
    ['RS256', pem],
    ['PS512', pem],
    ['ES256', ec.publicKey],
  ])('is the public key for %s', (algorithm, given) => {
    const expected = algorithm === 'ES256' ? ec.publicKey : oldRsa.publicKey;
    const found = read(algorithm, given);
    expect([found.kid, found.algorithm]).toEqual(['legacy:shop', algorithm]);
    expect(found.publicKey.equals(expected)).toBe(true);
  });

  const KEY = 'is a key in PEM or JWK, not a secret: HS256 takes a secret';
  const BLANK =
    'ends with a blank or a line break: trim it, or give a Buffer if the old secret had it';
  const TEXT = 'HS256 takes the old secret: text, or a Buffer';
  it.each<[string, string, unknown, string]>([
    ['a public key as a secret', 'HS256', pem, KEY],
    ['the bytes of such a file', 'HS256', Buffer.from(pem), KEY],
    ['a text that holds one', 'HS256', `secret: ${pem}`, KEY],
    ['a JWK as a secret', 'HS256', JSON.stringify({ kty: 'oct', k: 'a'.repeat(43) }), KEY],
    ['a KeyObject for HMAC', 'HS256', oldRsa.publicKey, TEXT],
    ['a JWK object for HMAC', 'HS256', { kty: 'oct', k: 'a'.repeat(43) }, TEXT],
    ['a text with a line break', 'HS256', `${OLD_SECRET}\n`, BLANK],
    ['a text with a blank', 'HS256', `${OLD_SECRET} `, BLANK],
    [
      'a short secret',
      'HS512',
      randomBytes(63),
      'HS512 needs a secret of at least 64 bytes, this one has 63: make a longer one at random',
    ],
    [
      'a private key',
      'RS256',
      oldRsa.privateKey,
      'is a private key where only a public one belongs: give the public half',
    ],
    [
      'a key of another kind',
      'RS256',
      ec.publicKey,
      'RS256 needs an RSA key (rsaEncryption): make one of 2048 bits or more',
    ],
    [
      'a weak key',
      'RS256',
      generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey,
      'an RSA key of 1024 bits is too weak: make one of 2048 bits or more',
    ],
  ])('is not %s (%s)', (_, algorithm, given, detail) => {
    expect(() => read(algorithm, given)).toThrow(
      expect.objectContaining({
        reason: 'configuration_invalid',
        detail: `accessToken.legacy[0].key: ${detail}`,
      }),
    );
  });
});
