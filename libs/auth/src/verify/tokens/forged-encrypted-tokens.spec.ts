import { describe, expect, it } from '@jest/globals';
import { createPublicKey, createSecretKey, randomBytes } from 'node:crypto';
import { b64, forge, goodClaims, makeBench, makeKey, NOW } from './forge.fixture.js';
import {
  clock,
  ec,
  rsa,
  seal,
  secret,
  signed,
  signing,
  verdict,
  verifier,
  withHeader,
} from './encrypted-token.fixture.js';

const spki = createPublicKey(rsa.privateKey).export({ type: 'spki', format: 'der' });
const altered = async (part: number): Promise<string> => {
  const parts = (await seal(signed())).split('.');
  const bytes = Buffer.from(parts[part] ?? '', 'base64url');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  parts[part] = b64(bytes);
  return parts.join('.');
};
const other = randomBytes(32);
const stranger = makeKey('ES256');

const ATTACKS: Readonly<
  Record<string, readonly (readonly [name: string, forge: () => Promise<string> | string])[]>
> = {
  not_encrypted: [['a signed token, where encryption is demanded', () => signed()]],
  signature_mismatch: [
    [
      'a token with a foreign signature, correctly encrypted',
      () =>
        seal(
          forge(
            { alg: 'ES256', kid: 'main', typ: 'at+jwt' },
            goodClaims(),
            stranger.privateKey,
            'ES256',
          ),
        ),
    ],
  ],
  algorithm_mismatch: [
    [
      'an unsigned token inside',
      () =>
        seal(
          `${b64('{"alg":"none","kid":"main","typ":"at+jwt"}')}.${b64(JSON.stringify(goodClaims()))}.AA`,
        ),
    ],
    [
      'the public RSA key hashed down to a content key',
      () => seal(signed(), { kid: 'oaep' }, spki.subarray(0, 32)),
    ],
    [
      // T-9qdd
      'dir where the key is RSA (key confusion)',
      () => seal(signed(), { alg: 'dir', kid: 'oaep' }, secret),
    ],
    ['dir where the key is EC', () => seal(signed(), { alg: 'dir', kid: 'ecdh' }, secret)],
    [
      'RSA-OAEP-256 under the kid of the secret',
      () => seal(signed(), { alg: 'RSA-OAEP-256' }, rsa.publicKey),
    ],
    [
      'RSA-OAEP (SHA-1) for the RSA key',
      () => seal(signed(), { alg: 'RSA-OAEP', kid: 'oaep' }, rsa.publicKey),
    ],
    [
      'ECDH-ES+A256KW for the EC key',
      () => seal(signed(), { alg: 'ECDH-ES+A256KW', kid: 'ecdh' }, ec.publicKey),
    ],
    [
      'A256KW with the shared secret',
      () => seal(signed(), { alg: 'A256KW' }, createSecretKey(secret)),
    ],
    [
      'A256GCMKW with the shared secret',
      () => seal(signed(), { alg: 'A256GCMKW' }, createSecretKey(secret)),
    ],
    [
      'PBES2, a million rounds',
      () => withHeader({ alg: 'PBES2-HS256+A128KW', p2c: 1e6, p2s: 'AAAA' }),
    ],
    ['alg none', () => withHeader({ alg: 'none' })],
    ['alg in another case', () => withHeader({ alg: 'DIR' })],
    [
      'enc A128CBC-HS256 of the same 32 bytes',
      () => seal(signed(), { enc: 'A128CBC-HS256' }, secret),
    ],
    ['enc missing', () => withHeader({ enc: undefined })],
  ],
  malformed: [
    ['bare claims inside', () => seal(JSON.stringify(goodClaims()))],
    ['an encrypted token inside', async () => seal(await seal(signed()))],
    ['bytes that are not text inside', () => seal(randomBytes(64))],
    [
      'alg twice',
      () => withHeader('{"alg":"none","alg":"dir","enc":"A256GCM","kid":"e1","cty":"JWT"}'),
    ],
    [
      'alg twice, one escaped',
      () => withHeader('{"al\\u0067":"none","alg":"dir","enc":"A256GCM","kid":"e1","cty":"JWT"}'),
    ],
    ['a header that is a list', () => withHeader('["dir"]')],
    ['an altered header', () => altered(0)],
    [
      'an encrypted key where there is none',
      async () => (await seal(signed())).replace('..', '.AAAA.'),
    ],
    ['padding', async () => `${await seal(signed())}=`],
    [
      'padding of the encrypted key',
      async () => {
        const header = { alg: 'RSA-OAEP-256', kid: 'oaep' };
        const [head, key, ...rest] = (await seal(signed(), header, rsa.publicKey)).split('.');
        return [head, `${key}==`, ...rest].join('.');
      },
    ],
    ['8 KiB of something else', () => `....${'A'.repeat(8_188)}`],
    ['a blank', async () => (await seal(signed())).replace('..', '. .')],
    ['six parts', async () => `${await seal(signed())}.AA`],
    ['four parts', async () => (await seal(signed())).replace('..', '.')],
    ['dots alone', () => '....'],
  ],
  type_refused: [
    ['an old-style token inside', () => seal(signed({}, { typ: 'JWT' }))],
    ['no cty', () => withHeader({ cty: undefined })],
    ['cty of something else', () => seal(signed(), { cty: 'JWE' })],
  ],
  expired: [
    [
      'an expired token inside',
      () => seal(signed({ iat: NOW - 2000, nbf: NOW - 2000, exp: NOW - 1000 })),
    ],
  ],
  decryption_failed: [
    ['another secret', () => seal(signed(), {}, other)],
    ['an altered nonce', () => altered(2)],
    ['an altered ciphertext', () => altered(3)],
    ['an altered tag', () => altered(4)],
    [
      'a tag cut to 4 bytes',
      async () =>
        (await seal(signed())).replace(/[^.]+$/, (tag) =>
          b64(Buffer.from(tag, 'base64url').subarray(0, 4)),
        ),
    ],
  ],
  header_refused: [
    ...Object.entries({
      zip: 'DEF',
      crit: ['exp'],
      b64: false,
      jwk: {},
      jku: 'https://evil.example',
      x5u: 'https://evil.example',
      x5c: ['MII'],
    }).map(([name, value]) => [name, () => withHeader({ [name]: value })] as const),
  ],
  key_unknown: [
    ['no kid', () => seal(signed(), { kid: undefined })],
    ['the kid of a key that signs', () => seal(signed(), { kid: 'main' })],
    ['a kid of the prototype', () => seal(signed(), { kid: '__proto__' })],
    ['a kid that is a path', () => seal(signed(), { kid: '../../dev/null' })],
    ['a kid that is a list', () => withHeader({ kid: ['e1'] })],
  ],
  oversized: [
    ['over 8 KiB', () => seal(signed({ x: 'x'.repeat(5000) }))],
    ['a byte more than 8 KiB', () => `....${'A'.repeat(8_189)}`],
  ],
};

describe('forged encrypted tokens', () => {
  describe.each(Object.entries(ATTACKS))('%s', (reason, rows) => {
    it.each(rows)('%s', async (_name, make) => {
      const token = await make();
      expect(await verdict(token)).toBe(reason);
      expect(await verifier.verifyAny(token, { expiry: 'ignored' })).toMatchObject(
        reason === 'expired' ? { kind: 'accepted' } : { kind: 'refused' },
      );
    });
  });

  // T-mm6m
  it('an encrypted token is refused where encryption is not configured', async () => {
    const plain = makeBench({ algorithm: 'ES256', privateKey: signing.privateKey, keyId: 'main' });
    expect(await verdict(await seal(signed()), plain.verifier)).toBe('malformed');
  });

  it('the expiry is also checked after decryption', async () => {
    clock.ms = (NOW + 931) * 1000;
    expect(await verdict(await seal(signed()))).toBe('expired');
    clock.ms = NOW * 1000;
  });
});
