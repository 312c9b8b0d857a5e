import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { EncryptionOptions } from '../../options/encryption-options.js';
import { TokenEncryption } from './encrypted-token.js';
import { b64, refused } from './forge.fixture.js';
import {
  DIR,
  KEYS,
  bench,
  ec,
  input,
  issuer,
  keyring,
  rsa,
  seal,
  signed,
  signing,
  verdict,
  withHeader,
} from './encrypted-token.fixture.js';

describe('an encrypted token', () => {
  // T-j36m
  it.each([0, 1, 2])(
    'for key %i is issued nested, reveals no claim, and is read back',
    async (index) => {
      const [first, ...rest] = [...KEYS.slice(index), ...KEYS.slice(0, index)];
      const own = bench({ keys: [first!, ...rest] });
      const { token, tokenId } = await own.issuer.issue({ ...input, role: 'admin' });
      const header = JSON.parse(
        Buffer.from(token.split('.')[0] ?? '', 'base64url').toString(),
      ) as object;
      const algorithm = first?.algorithm ?? 'dir';
      expect(header).toEqual({
        alg: algorithm,
        enc: 'A256GCM',
        kid: first?.keyId,
        cty: 'JWT',
        ...(algorithm === 'ECDH-ES' && { epk: expect.anything() }),
      });
      expect(token.split('.')).toHaveLength(5);
      expect(token).not.toContain(b64('"role":"admin"').slice(2, -2));
      const outcome = await own.verifier.verifyAny(token);
      expect(outcome).toMatchObject({
        kind: 'accepted',
        principal: { id: 'user-1', tokenId, role: 'admin', keyId: 'main' },
      });
      // every key decrypts, whichever one encrypts
      expect(await verdict(token)).toBe('accepted');
    },
  );

  it('is cached by its outer text: verified synchronously, and no longer than the token and its keys are valid', async () => {
    const own = bench({ keys: [DIR] }, 100);
    const { token } = await own.issuer.issue(input);
    expect(own.verifier.verifyAny(token)).toBeInstanceOf(Promise);
    expect(await verdict(token, own.verifier)).toBe('accepted');
    expect(own.verifier.verifyAny(token)).toMatchObject({ kind: 'accepted' });
    own.clock.ms += 931_000;
    expect(own.verifier.verifyAny(token)).toEqual(refused('expired'));
    own.clock.ms -= 931_000;
    own.keyring.revoke('main');
    expect(await verdict(token, own.verifier)).toBe('key_unknown');
  });

  it('is checked for its size when it is issued', async () => {
    await expect(issuer.issue({ ...input, maxBytes: 400 })).rejects.toMatchObject({
      reason: 'token_too_large',
    });
  });

  // T-4ns7
  it('control: the token that the table below alters is accepted unaltered', async () => {
    expect(await verdict(await seal(signed()))).toBe('accepted');
    expect(await verdict(await withHeader({}))).toBe('accepted');
    expect(await verdict(await seal(signed(), { cty: 'jwt', unknown: 1 }))).toBe('accepted');
    expect(
      await verdict(await seal(signed(), { alg: 'RSA-OAEP-256', kid: 'oaep' }, rsa.publicKey)),
    ).toBe('accepted');
    expect(await verdict(await seal(signed(), { alg: 'ECDH-ES', kid: 'ecdh' }, ec.publicKey))).toBe(
      'accepted',
    );
  });
});

describe('moving to encryption', () => {
  it.each([
    ['issued', 3, 'accepted'],
    ['accepted', 5, 'accepted'],
    ['refused', 5, 'not_encrypted'],
  ] as const)(
    'plaintext %s: issues %i parts; a signed token is %s, an encrypted one accepted',
    async (plaintext, parts, expected) => {
      const own = bench({ keys: [DIR], plaintext });
      expect((await own.issuer.issue(input)).token.split('.')).toHaveLength(parts);
      expect(await verdict(signed(), own.verifier)).toBe(expected);
      expect(await verdict(await seal(signed()), own.verifier)).toBe('accepted');
    },
  );
});

describe('what decrypts', () => {
  it('is not made without a key', () => {
    expect(() => new TokenEncryption({ plaintext: 'refused', keys: [] }, keyring)).toThrow(
      expect.objectContaining({
        reason: 'configuration_invalid',
        detail: 'accessToken.encryption.keys: holds no key',
      }),
    );
  });

  it.each([0, 1, 3, 4, 6])('refuses a text of %i parts', async (parts) => {
    const sealed = (await seal(signed())).split('.');
    const text = [...sealed, 'AAAA'].slice(0, parts).join('.');
    const encryption = new TokenEncryption(
      { plaintext: 'refused', keys: [{ ...DIR, algorithm: 'dir' }] },
      keyring,
    );
    expect(await encryption.decrypt(text)).toEqual(refused('malformed'));
  });
});

describe('encryption keys at boot', () => {
  type Key = EncryptionOptions['keys'][number];
  const own = (key: Key['key'], algorithm?: Key['algorithm']): EncryptionOptions['keys'] => [
    { keyId: 'a', key, algorithm },
  ];
  it.each<readonly [string, EncryptionOptions['keys'], RegExp]>([
    ['none', [], /1 to 16 keys/],
    ['a secret of 16 bytes', own(randomBytes(16)), /exactly 32 bytes/],
    ['a text that is not base64url', own('a secret text!'), /base64url/],
    ['two of one keyId', [DIR, DIR], /same keyId/],
    ['RSA1_5', own(rsa.privateKey, 'RSA1_5' as never), /must be one of/],
    ['a public key', own(rsa.publicKey, 'RSA-OAEP-256'), /private key/],
    ['an EC key for RSA', own(ec.privateKey, 'RSA-OAEP-256'), /RSA key/],
    ['an RSA key for ECDH-ES', own(rsa.privateKey, 'ECDH-ES'), /EC key/],
    ['the key that signs', own(signing.privateKey, 'ECDH-ES'), /also a key that signs/],
  ])('%s: refused', (_name, keys, message) => {
    expect(() => bench({ keys })).toThrow(message);
  });
});
