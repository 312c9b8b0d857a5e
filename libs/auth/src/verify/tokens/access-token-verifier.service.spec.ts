import { describe, expect, it } from '@jest/globals';
import { constants, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import { b64, forge, goodClaims, makeBench, makeKey, rawSignature } from './forge.fixture.js';
import { jwkMembers } from '../keys/jwk-members.js';

const rsa = makeKey('RS256');
const other = makeKey('RS256');
const ec = makeKey('ES256');
const secret = randomBytes(64);
const otherJwk = { ...jwkMembers(other.publicKey), kid: 'other', alg: 'RS256' };
const ecJwk = { ...jwkMembers(ec.publicKey), kid: 'ec', alg: 'ES256' };
const { verifier } = makeBench({
  privateKey: rsa.privateKey,
  keyId: 'main',
  verificationKeys: { keys: [otherJwk, ecJwk] },
});
const ecBench = makeBench({ algorithm: 'ES256', privateKey: ec.privateKey, keyId: 'main' });

const header = (changes: Record<string, unknown> = {}) => ({
  alg: 'RS256',
  kid: 'main',
  typ: 'at+jwt',
  ...changes,
});
const signed = (changes: Record<string, unknown>, claims = {}) =>
  forge(header(changes), goodClaims(claims), rsa.privateKey, 'RS256');
const rawHeader = (text: string) => forge(text, goodClaims(), rsa.privateKey, 'RS256');
const rawPayload = (text: string) => forge(header(), text, rsa.privateKey, 'RS256');
const unsigned = (changes: Record<string, unknown>, signature = '') =>
  `${b64(JSON.stringify(header(changes)))}.${b64(JSON.stringify(goodClaims()))}.${signature}`;
const good = signed({});
const [goodHeader = '', goodPayload = '', goodSignature = ''] = good.split('.');
const pem = (key: KeyObject) => key.export({ format: 'pem', type: 'spki' }) as string;

/** Every token here would pass if the one thing that is wrong with it were not looked at. */
const ATTACKS: readonly (readonly [name: string, token: string, reason: string])[] = [
  ...['none', 'None', 'NONE', 'nOnE', 'none ', ''].map(
    (alg) =>
      [`alg ${JSON.stringify(alg)}, a right signature`, signed({ alg }), 'algorithm_mismatch'] as const,
  ),
  ['alg none without a signature', unsigned({ alg: 'none' }), 'malformed'],
  ['alg none with a one-byte signature', unsigned({ alg: 'none' }, 'AA'), 'algorithm_mismatch'],
  ['alg missing', signed({ alg: undefined }), 'algorithm_mismatch'],
  ['alg a list', signed({ alg: ['RS256'] }), 'algorithm_mismatch'],
  ['alg in lower case', signed({ alg: 'rs256' }), 'algorithm_mismatch'],
  [
    'HS256 with the public PEM as secret',
    forge(header({ alg: 'HS256' }), goodClaims(), pem(rsa.publicKey), 'HS256'),
    'algorithm_mismatch',
  ],
  [
    'HS256 with the trimmed PEM',
    forge(header({ alg: 'HS256' }), goodClaims(), pem(rsa.publicKey).trim(), 'HS256'),
    'algorithm_mismatch',
  ],
  [
    'HS256 with the public DER',
    forge(
      header({ alg: 'HS256' }),
      goodClaims(),
      rsa.publicKey.export({ format: 'der', type: 'spki' }),
      'HS256',
    ),
    'algorithm_mismatch',
  ],
  [
    'HS256 with the JWK text',
    forge(header({ alg: 'HS256' }), goodClaims(), JSON.stringify(jwkMembers(rsa.publicKey)), 'HS256'),
    'algorithm_mismatch',
  ],
  [
    'HS256 signature under alg RS256',
    forge(header(), goodClaims(), pem(rsa.publicKey), 'HS256'),
    'signature_mismatch',
  ],
  [
    'PS256 signature of the same key, alg PS256',
    forge(header({ alg: 'PS256' }), goodClaims(), rsa.privateKey, 'PS256'),
    'algorithm_mismatch',
  ],
  [
    'PS256 signature of the same key, alg RS256',
    forge(header(), goodClaims(), rsa.privateKey, 'PS256'),
    'signature_mismatch',
  ],
  [
    'RS512 of the same key',
    forge(header({ alg: 'RS512' }), goodClaims(), rsa.privateKey, 'RS512'),
    'algorithm_mismatch',
  ],
  ['no kid', signed({ kid: undefined }), 'key_unknown'],
  ...[
    '',
    'unknown',
    '__proto__',
    'constructor',
    'hasOwnProperty',
    '../../dev/null',
    "x' OR '1'='1",
    'main\u0000',
    'Main',
    ' main',
    'https://evil.example/k',
  ].map((kid) => [`kid ${JSON.stringify(kid)}`, signed({ kid }), 'key_unknown'] as const),
  ...[0, null, true, ['main'], { main: 1 }].map(
    (kid) => [`kid ${JSON.stringify(kid)}`, signed({ kid }), 'key_unknown'] as const,
  ),
  ["another key's kid", signed({ kid: 'other' }), 'signature_mismatch'],
  ["a key's signature under the kid of another algorithm", signed({ kid: 'ec' }), 'algorithm_mismatch'],
  [
    'signed by a stranger',
    forge(header(), goodClaims(), makeKey('RS256').privateKey, 'RS256'),
    'signature_mismatch',
  ],
  [
    'jwk',
    forge(header({ jwk: jwkMembers(other.publicKey) }), goodClaims(), other.privateKey, 'RS256'),
    'header_refused',
  ],
  ...Object.entries({
    jwk: {},
    jku: 'https://evil.example/jwks',
    x5u: 'https://evil.example/c',
    x5c: ['MII'],
    crit: ['exp'],
    b64: false,
    zip: 'DEF',
  }).flatMap(([name, value]) => [
    [`${name} on a right token`, signed({ [name]: value }), 'header_refused'] as const,
    [`${name} null on a right token`, signed({ [name]: null }), 'header_refused'] as const,
  ]),
  ['crit empty', signed({ crit: [] }), 'header_refused'],
  ['b64 true', signed({ b64: true }), 'header_refused'],
  ['alg twice', rawHeader('{"alg":"none","alg":"RS256","kid":"main","typ":"at+jwt"}'), 'malformed'],
  [
    'alg twice, one escaped',
    rawHeader('{"al\\u0067":"none","alg":"RS256","kid":"main","typ":"at+jwt"}'),
    'malformed',
  ],
  ['kid twice', rawHeader('{"alg":"RS256","kid":"other","typ":"at+jwt","kid" : "main"}'), 'malformed'],
  [
    'an unknown member twice',
    rawHeader('{"alg":"RS256","kid":"main","typ":"at+jwt","x":1,"x":1}'),
    'malformed',
  ],
  [
    'a nested member twice',
    rawHeader('{"alg":"RS256","kid":"main","typ":"at+jwt","x":[{"y":1,"y":2}]}'),
    'malformed',
  ],
  ['sub twice', rawPayload(`{"sub":"admin",${JSON.stringify(goodClaims()).slice(1)}`), 'malformed'],
  [
    'sub twice, one escaped',
    rawPayload(`{"\\u0073ub":"admin",${JSON.stringify(goodClaims()).slice(1)}`),
    'malformed',
  ],
  [
    '__proto__ in the payload',
    rawPayload(`{"__proto__":{"role":"admin"},${JSON.stringify(goodClaims()).slice(1)}`),
    'malformed',
  ],
  [
    '__proto__ deep in the payload',
    rawPayload(`{"x":[{"__proto__":{}}],${JSON.stringify(goodClaims()).slice(1)}`),
    'malformed',
  ],
  ['header a list', rawHeader('["RS256"]'), 'malformed'],
  ['header null', rawHeader('null'), 'malformed'],
  ['payload a string', rawPayload('"x"'), 'malformed'],
  ['payload with a byte order mark', rawPayload(`\ufeff${JSON.stringify(goodClaims())}`), 'malformed'],
  ['payload with text after it', rawPayload(`${JSON.stringify(goodClaims())}x`), 'malformed'],
  [
    'payload not UTF-8',
    `${goodHeader}.${b64(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))}.${goodSignature}`,
    'malformed',
  ],
  ...[
    undefined,
    'JWT',
    'jwt',
    'at',
    'at+jwt ',
    'at+jwt; charset=utf-8',
    'text/at+jwt',
    'application/application/at+jwt',
    'dpop+jwt',
    '',
    null,
    ['at+jwt'],
  ].map((typ) => [`typ ${JSON.stringify(typ)}`, signed({ typ }), 'type_refused'] as const),
  ['two parts', `${goodHeader}.${goodPayload}`, 'malformed'],
  ['four parts', `${good}.AA`, 'malformed'],
  ['a trailing dot', `${good}.`, 'malformed'],
  ['five parts, as a JWE', `${good}.AA.AA`, 'malformed'],
  ['empty', '', 'malformed'],
  ['dots', '..', 'malformed'],
  ['empty header', `.${goodPayload}.${goodSignature}`, 'malformed'],
  ['empty signature', `${goodHeader}.${goodPayload}.`, 'malformed'],
  ['padding', `${good}==`, 'malformed'],
  ['a blank in front', ` ${good}`, 'malformed'],
  ['a line break behind', `${good}\n`, 'malformed'],
  [
    'a blank inside',
    `${goodHeader}.${goodPayload.slice(0, 8)} ${goodPayload.slice(8)}.${goodSignature}`,
    'malformed',
  ],
  ['stray trailing bits', good.slice(0, -1) + strayBits(good.at(-1) ?? ''), 'malformed'],
  ['base64 with + and /', `${goodHeader}.${goodPayload}.${standardBase64()}`, 'malformed'],
  ['over 8 KiB, a right signature', signed({}, { x: 'x'.repeat(6000) }), 'oversized'],
  [
    'signature with one bit changed',
    `${goodHeader}.${goodPayload}.${flipped(goodSignature)}`,
    'signature_mismatch',
  ],
  [
    'signature cut short',
    `${goodHeader}.${goodPayload}.${b64(Buffer.from(goodSignature, 'base64url').subarray(0, 255))}`,
    'signature_mismatch',
  ],
  [
    'signature with a byte more',
    `${goodHeader}.${goodPayload}.${b64(Buffer.concat([Buffer.alloc(1), Buffer.from(goodSignature, 'base64url')]))}`,
    'signature_mismatch',
  ],
  [
    'payload of another token',
    `${goodHeader}.${signed({}, { sub: 'admin' }).split('.')[1]}.${goodSignature}`,
    'signature_mismatch',
  ],
  [
    'header of another token',
    `${signed({ x: 1 }).split('.')[0]}.${goodPayload}.${goodSignature}`,
    'signature_mismatch',
  ],
];

function strayBits(last: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[alphabet.indexOf(last) + 1] ?? 'B';
}
function standardBase64(): string {
  for (let n = 0; ; n += 1) {
    const standard = Buffer.from(signed({ n }).split('.')[2] ?? '', 'base64url')
      .toString('base64')
      .replace(/=/g, '');
    if (/[+/]/.test(standard)) return standard;
  }
}
function flipped(signature: string): string {
  const bytes = Buffer.from(signature, 'base64url');
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  return b64(bytes);
}

describe('forged tokens', () => {
  // T-6xj3
  it('accepts the control, and ignores what it does not know', () => {
    expect(verifier.verify(good).kind).toBe('accepted');
    expect(
      verifier.verify(forge(header({ kid: 'other' }), goodClaims(), other.privateKey, 'RS256')).kind,
    ).toBe('accepted');
    expect(verifier.verify(signed({ cty: 'x', x5t: 'x', __unknown: { deep: [1] } })).kind).toBe('accepted');
    expect(
      verifier.verify(rawHeader('{"__proto__":{"crit":1},"alg":"RS256","kid":"main","typ":"at+jwt"}')).kind,
    ).toBe('accepted');
  });

  it.each(['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/At+JWT'])('accepts typ %s', (typ) => {
    expect(verifier.verify(signed({ typ })).kind).toBe('accepted');
  });

  // T-p529
  it.each(ATTACKS)('%s', (_name, token, reason) => {
    expect(verifier.verify(token)).toEqual({ kind: 'refused', reason });
    // and again: nothing that was refused is remembered as good
    expect(verifier.verify(token)).toEqual({ kind: 'refused', reason });
    expect(verifier.verify(token, { expiry: 'ignored' }).kind).toBe('refused');
  });

  it('an HMAC bench knows no other confusion', () => {
    const bench = makeBench({ algorithm: 'HS256', secret, keyId: 'main' });
    const hs = (alg: string) =>
      forge(header({ alg }), goodClaims(), secret, alg.startsWith('HS') ? alg : 'HS256');
    expect(bench.verifier.verify(hs('HS256')).kind).toBe('accepted');
    for (const alg of ['HS384', 'HS512', 'none', 'RS256'])
      expect(bench.verifier.verify(hs(alg)).kind).toBe('refused');
    const [h, p, s = ''] = hs('HS256').split('.');
    for (const short of [b64(Buffer.from(s, 'base64url').subarray(0, 16)), b64(Buffer.alloc(32)), 'AA']) {
      expect(bench.verifier.verify(`${h}.${p}.${short}`).kind).toBe('refused');
    }
  });
});

describe('PSS signatures', () => {
  const bench = makeBench({ algorithm: 'PS256', privateKey: rsa.privateKey, keyId: 'main' });
  const input = `${b64(JSON.stringify(header({ alg: 'PS256' })))}.${b64(JSON.stringify(goodClaims()))}`;
  const padding = constants.RSA_PKCS1_PSS_PADDING;

  // RFC 7518, section 3.5: the salt is as long as the hash
  it.each([
    [32, 'accepted'],
    [0, 'refused'],
    [20, 'refused'],
    [64, 'refused'],
  ])('salt of %i bytes', (saltLength, kind) => {
    const signature = sign('sha256', Buffer.from(input), { key: rsa.privateKey, padding, saltLength });
    expect(bench.verifier.verify(`${input}.${b64(signature)}`).kind).toBe(kind);
  });

  it('PKCS#1 v1.5 under alg PS256', () => {
    expect(bench.verifier.verify(`${input}.${b64(rawSignature('RS256', rsa.privateKey, input))}`).kind).toBe(
      'refused',
    );
  });
});

describe('RSA signatures', () => {
  const modulus = BigInt(`0x${Buffer.from(jwkMembers(rsa.publicKey).n ?? '', 'base64url').toString('hex')}`);
  const input = `${b64(JSON.stringify(header()))}.${b64(JSON.stringify(goodClaims()))}`;
  const right = rawSignature('RS256', rsa.privateKey, input);
  const bytes = (value: bigint) => Buffer.from(value.toString(16).padStart(512, '0').slice(-512), 'hex');
  const value = BigInt(`0x${right.toString('hex')}`);

  it.each<readonly [string, Buffer, string]>([
    ['control', right, 'accepted'],
    ['0', bytes(0n), 'refused'],
    ['1, which is its own power', bytes(1n), 'refused'],
    ['n - 1', bytes(modulus - 1n), 'refused'],
    ['n - s', bytes(modulus - value), 'refused'],
    [
      's + n, the same modulo n',
      Buffer.from((value + modulus).toString(16).padStart(514, '0'), 'hex'),
      'refused',
    ],
    ['a leading zero more', Buffer.concat([Buffer.alloc(1), right]), 'refused'],
    ['a zero behind', Buffer.concat([right, Buffer.alloc(1)]), 'refused'],
    ['twice', Buffer.concat([right, right]), 'refused'],
    ['backwards', Buffer.from(right).reverse(), 'refused'],
    ['over SHA-1', sign('sha1', Buffer.from(input), rsa.privateKey), 'refused'],
    ['over SHA-512', sign('sha512', Buffer.from(input), rsa.privateKey), 'refused'],
  ])('%s', (_name, signature, kind) => {
    expect(verifier.verify(`${input}.${b64(signature)}`).kind).toBe(kind);
  });
});

describe('ECDSA signatures', () => {
  const input = `${b64(JSON.stringify(header({ alg: 'ES256' })))}.${b64(JSON.stringify(goodClaims()))}`;
  const right = rawSignature('ES256', ec.privateKey, input);
  const der = sign('sha256', Buffer.from(input), { key: ec.privateKey, dsaEncoding: 'der' });
  const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
  const unit = Buffer.concat([Buffer.alloc(31), Buffer.of(1)]);
  const number = (half: Buffer) => BigInt(`0x${half.toString('hex')}`);
  const negated = (half: Buffer) =>
    Buffer.from((number(order) - number(half)).toString(16).padStart(64, '0'), 'hex');

  it.each<readonly [string, Buffer, string]>([
    ['control', right, 'accepted'],
    // malleable by design (FIPS 186-5): another text of the same token, with the same jti
    ['n - s for s', Buffer.concat([right.subarray(0, 32), negated(right.subarray(32))]), 'accepted'],
    ['r = 0, s = 0', Buffer.alloc(64), 'refused'],
    ['r = 1, s = 1', Buffer.concat([unit, unit]), 'refused'],
    ['r = 0, s kept', Buffer.concat([Buffer.alloc(32), right.subarray(32)]), 'refused'],
    ['r = n', Buffer.concat([order, right.subarray(32)]), 'refused'],
    ['all ones', Buffer.alloc(64, 0xff), 'refused'],
    ['r = n, s = n', Buffer.concat([order, order]), 'refused'],
    ['r kept, s = 0', Buffer.concat([right.subarray(0, 32), Buffer.alloc(32)]), 'refused'],
    ['DER', der, 'refused'],
    ['cut short', right.subarray(0, 63), 'refused'],
    ['a byte more', Buffer.concat([right, Buffer.alloc(1)]), 'refused'],
    [
      'each half padded',
      Buffer.concat([Buffer.alloc(1), right.subarray(0, 32), Buffer.alloc(1), right.subarray(32)]),
      'refused',
    ],
    ['halves swapped', Buffer.concat([right.subarray(32), right.subarray(0, 32)]), 'refused'],
  ])('%s', (_name, signature, kind) => {
    expect(ecBench.verifier.verify(`${input}.${b64(signature)}`).kind).toBe(kind);
  });

  // T-pmbp
  it('HS256 with the EC public key as secret', () => {
    const token = forge(header({ alg: 'HS256' }), goodClaims(), pem(createPublicKey(ec.privateKey)), 'HS256');
    expect(ecBench.verifier.verify(token)).toEqual({ kind: 'refused', reason: 'algorithm_mismatch' });
  });
});
