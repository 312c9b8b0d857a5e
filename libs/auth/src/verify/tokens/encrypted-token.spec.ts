import { describe, expect, it } from '@jest/globals';
import { createPublicKey, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { CompactEncrypt, type CompactJWEHeaderParameters } from 'jose';
import type { EncryptionOptions } from '../../options/encryption-options.js';
import { resolveOptions } from '../../options/resolve-options.js';
import { b64, forge, goodClaims, makeBench, makeKey, NOW, refused } from './forge.fixture.js';

const resolveEncryption = (encryption: EncryptionOptions | undefined) =>
  resolveOptions(
    { issuer: 'https://issuer.example', audience: 'api', keys: {}, accessToken: { encryption } },
    false,
  ).accessToken.encryption;
const secret = randomBytes(32);
const signing = makeKey('ES256');
const rsa = makeKey('RS256');
const ec = makeKey('ES256');
const DIR = { keyId: 'e1', key: secret };
const KEYS: EncryptionOptions['keys'] = [
  DIR,
  { keyId: 'oaep', algorithm: 'RSA-OAEP-256', key: rsa.privateKey },
  { keyId: 'ecdh', algorithm: 'ECDH-ES', key: ec.privateKey },
];
const bench = (encryption: EncryptionOptions = { keys: KEYS }, cacheSize = 0) =>
  makeBench(
    { algorithm: 'ES256', privateKey: signing.privateKey, keyId: 'main' },
    { encryption: resolveEncryption(encryption), cacheSize },
  );
const { verifier, issuer, clock } = bench();

const signed = (claims = {}, header = {}) =>
  forge(
    { alg: 'ES256', kid: 'main', typ: 'at+jwt', ...header },
    goodClaims(claims),
    signing.privateKey,
    'ES256',
  );
const HEADER = { alg: 'dir', enc: 'A256GCM', kid: 'e1', cty: 'JWT' };
/** Any header around any content: jose must write both unchanged. */
function seal(
  content: string | Buffer,
  changes: Record<string, unknown> = {},
  key: KeyObject | Uint8Array = secret,
): Promise<string> {
  const header = { ...HEADER, ...changes } as unknown as CompactJWEHeaderParameters;
  return new CompactEncrypt(Buffer.from(content)).setProtectedHeader(header).encrypt(key);
}
/** A valid token with this header or these changes to it. AES-GCM authenticates the header, so the test encrypts it. */
async function withHeader(given: string | object): Promise<string> {
  const { createCipheriv } = await import('node:crypto');
  const head = b64(typeof given === 'string' ? given : JSON.stringify({ ...HEADER, ...given }));
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', secret, iv);
  cipher.setAAD(Buffer.from(head));
  const sealed = Buffer.concat([cipher.update(signed()), cipher.final()]);
  return [head, '', b64(iv), b64(sealed), b64(cipher.getAuthTag())].join('.');
}
const verdict = async (token: string, of = verifier) => {
  const outcome = await of.verifyAny(token);
  return outcome.kind === 'accepted' ? 'accepted' : outcome.reason;
};
const input = {
  subject: 'user-1',
  sessionId: 's',
  tokenVersion: 1,
  permissions: [],
  asOfMs: NOW * 1000,
};

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
  oversized: [['over 8 KiB', () => seal(signed({ x: 'x'.repeat(5000) }))]],
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
