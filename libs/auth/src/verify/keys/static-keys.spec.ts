import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { StaticKeysOptions } from '../../options/key-options.js';
import { loadStaticKeys } from './static-keys.js';
import { good, hmac, jwk, makeEc, oct, p256, pem, rsa, verifying } from './static-keys.fixture.js';

describe('keys accepted', () => {
  it.each<[string, StaticKeysOptions]>([
    ['PKCS#8', { privateKey: pem(rsa.privateKey) }],
    ['PEM with \\n', { privateKey: pem(rsa.privateKey).replaceAll('\n', '\\n') }],
    [
      'PEM with \\r\\n and blanks',
      { privateKey: `  ${pem(rsa.privateKey).replaceAll('\n', '\r\n')}  ` },
    ],
    ['PKCS#1', { privateKey: pem(rsa.privateKey, 'pkcs1') }],
    ['JWK', { privateKey: jwk(rsa.privateKey) }],
    ['KeyObject', { privateKey: rsa.privateKey }],
    [
      'with its public key',
      { privateKey: rsa.privateKey, publicKey: pem(rsa.publicKey).replaceAll('\n', '\\n') },
    ],
    [
      'with its public key, PKCS#1',
      { privateKey: rsa.privateKey, publicKey: pem(rsa.publicKey, 'pkcs1') },
    ],
    ['with its public JWK', { privateKey: rsa.privateKey, publicKey: jwk(rsa.publicKey) }],
  ])('RSA as %s, kid by RFC 7638', async (_name, options) => {
    const { signing, verification } = loadStaticKeys(options);
    expect(signing).toMatchObject({
      algorithm: 'RS256',
      kid: await calculateJwkThumbprint(jwk(rsa.publicKey) as JWK),
    });
    expect(verification).toHaveLength(1);
  });

  it.each(['ES256', 'ES384', 'ES512'] as const)('%s, kid by RFC 7638', async (algorithm) => {
    const { privateKey, publicKey } = makeEc(
      { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[algorithm],
    );
    for (const material of [pem(privateKey), pem(privateKey, 'sec1'), jwk(privateKey)]) {
      const { signing } = loadStaticKeys({ algorithm, privateKey: material });
      expect(signing?.kid).toBe(await calculateJwkThumbprint(jwk(publicKey) as JWK));
    }
  });

  it('PEM of an EC key behind its parameters, as openssl writes it', () => {
    const parameters =
      '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
    expect(
      loadStaticKeys({ algorithm: 'ES256', privateKey: parameters + pem(p256.privateKey, 'sec1') })
        .signing,
    ).toBeDefined();
  });

  // T-rbxf
  it.each([
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ] as const)(
    '%s with exactly %i bytes, text or bytes; the kid gives nothing away',
    (algorithm, length) => {
      const secret = randomBytes(length);
      const [asText, asBytes] = [secret.toString('base64url'), secret].map((given) =>
        loadStaticKeys({ algorithm, secret: given }),
      );
      expect(asText?.signing?.kid).toBe(asBytes?.signing?.kid);
      expect(asText?.signing?.kid).toMatch(/^[\w-]{43}$/);
      expect(asText?.verification[0]?.publicJwk).toBeUndefined();
    },
  );

  it('has the given kid, or else the kid of its JWK', () => {
    const privateKey = jwk(rsa.privateKey, { kid: 'own', alg: 'RS256', use: 'sig' });
    expect(loadStaticKeys({ privateKey }).signing?.kid).toBe('own');
    expect(loadStaticKeys({ privateKey, keyId: 'given' }).signing?.kid).toBe('given');
  });

  it('verification keys of any asymmetric algorithm, secrets beside a secret', () => {
    const keys = [
      good,
      jwk(p256.publicKey, { kid: 'ec', alg: 'ES256', use: 'sig', key_ops: ['verify'] }),
    ];
    const mixed = loadStaticKeys(verifying(...keys));
    expect(mixed.verification.map(({ algorithm }) => algorithm)).toEqual([
      'RS256',
      'RS256',
      'ES256',
    ]);
    expect(
      loadStaticKeys(hmac(oct(64, { alg: 'HS512' })) as StaticKeysOptions).verification,
    ).toHaveLength(2);
  });
});
