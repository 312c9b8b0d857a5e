import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { b64, forge, goodClaims, makeBench, makeKey, refused } from './forge.fixture.js';
import { jwkMembers } from '../keys/jwk-members.js';
import { header, other, pem, rsa, verifier } from './verifier.fixture.js';

const secret = randomBytes(64);
const signed = (changes: Record<string, unknown>, claims = {}) =>
  forge(header(changes), goodClaims(claims), rsa.privateKey, 'RS256');
const rawHeader = (text: string) => forge(text, goodClaims(), rsa.privateKey, 'RS256');
const rawPayload = (text: string) => forge(header(), text, rsa.privateKey, 'RS256');
const unsigned = (changes: Record<string, unknown>, signature = '') =>
  `${b64(JSON.stringify(header(changes)))}.${b64(JSON.stringify(goodClaims()))}.${signature}`;
const good = signed({});
const [goodHeader = '', goodPayload = '', goodSignature = ''] = good.split('.');
const hmac = (key: Parameters<typeof forge>[2]) =>
  forge(header({ alg: 'HS256' }), goodClaims(), key, 'HS256');
const withSignature = (signature: string) => `${goodHeader}.${goodPayload}.${signature}`;

/** Every token here has one fault, and would pass if that fault were not checked. */
const ATTACKS: Readonly<Record<string, readonly (readonly [name: string, token: string])[]>> = {
  algorithm_mismatch: [
    ...['none', 'None', 'NONE', 'nOnE', 'none ', ''].map(
      (alg) => [`alg ${JSON.stringify(alg)}, a right signature`, signed({ alg })] as const,
    ),
    ['alg none with a one-byte signature', unsigned({ alg: 'none' }, 'AA')],
    ['alg missing', signed({ alg: undefined })],
    ['alg a list', signed({ alg: ['RS256'] })],
    ['alg in lower case', signed({ alg: 'rs256' })],
    ['HS256 with the public PEM as secret', hmac(pem(rsa.publicKey))],
    ['HS256 with the trimmed PEM', hmac(pem(rsa.publicKey).trim())],
    ['HS256 with the public DER', hmac(rsa.publicKey.export({ format: 'der', type: 'spki' }))],
    ['HS256 with the JWK text', hmac(JSON.stringify(jwkMembers(rsa.publicKey)))],
    [
      'PS256 signature of the same key, alg PS256',
      forge(header({ alg: 'PS256' }), goodClaims(), rsa.privateKey, 'PS256'),
    ],
    [
      'RS512 of the same key',
      forge(header({ alg: 'RS512' }), goodClaims(), rsa.privateKey, 'RS512'),
    ],
    ["a key's signature under the kid of another algorithm", signed({ kid: 'ec' })],
  ],
  malformed: [
    ['alg none without a signature', unsigned({ alg: 'none' })],
    ['alg twice', rawHeader('{"alg":"none","alg":"RS256","kid":"main","typ":"at+jwt"}')],
    [
      'alg twice, one escaped',
      rawHeader('{"al\\u0067":"none","alg":"RS256","kid":"main","typ":"at+jwt"}'),
    ],
    ['kid twice', rawHeader('{"alg":"RS256","kid":"other","typ":"at+jwt","kid" : "main"}')],
    [
      'an unknown member twice',
      rawHeader('{"alg":"RS256","kid":"main","typ":"at+jwt","x":1,"x":1}'),
    ],
    [
      'a nested member twice',
      rawHeader('{"alg":"RS256","kid":"main","typ":"at+jwt","x":[{"y":1,"y":2}]}'),
    ],
    ['sub twice', rawPayload(`{"sub":"admin",${JSON.stringify(goodClaims()).slice(1)}`)],
    [
      'sub twice, one escaped',
      rawPayload(`{"\\u0073ub":"admin",${JSON.stringify(goodClaims()).slice(1)}`),
    ],
    [
      '__proto__ in the payload',
      rawPayload(`{"__proto__":{"role":"admin"},${JSON.stringify(goodClaims()).slice(1)}`),
    ],
    [
      '__proto__ deep in the payload',
      rawPayload(`{"x":[{"__proto__":{}}],${JSON.stringify(goodClaims()).slice(1)}`),
    ],
    ['header a list', rawHeader('["RS256"]')],
    ['header null', rawHeader('null')],
    ['payload a string', rawPayload('"x"')],
    ['payload with a byte order mark', rawPayload(`\ufeff${JSON.stringify(goodClaims())}`)],
    ['payload with text after it', rawPayload(`${JSON.stringify(goodClaims())}x`)],
    [
      'payload not UTF-8',
      `${goodHeader}.${b64(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))}.${goodSignature}`,
    ],
    ['two parts', `${goodHeader}.${goodPayload}`],
    ['four parts', `${good}.AA`],
    ['a trailing dot', `${good}.`],
    ['five parts, as a JWE', `${good}.AA.AA`],
    ['empty', ''],
    ['dots', '..'],
    ['empty header', `.${goodPayload}.${goodSignature}`],
    ['empty signature', `${goodHeader}.${goodPayload}.`],
    ['padding', `${good}==`],
    ['a blank in front', ` ${good}`],
    ['a line break behind', `${good}\n`],
    [
      'a blank inside',
      `${goodHeader}.${goodPayload.slice(0, 8)} ${goodPayload.slice(8)}.${goodSignature}`,
    ],
    ['stray trailing bits', good.slice(0, -1) + strayBits(good.at(-1) ?? '')],
    ['base64 with + and /', withSignature(standardBase64())],
  ],
  signature_mismatch: [
    ['HS256 signature under alg RS256', forge(header(), goodClaims(), pem(rsa.publicKey), 'HS256')],
    [
      'PS256 signature of the same key, alg RS256',
      forge(header(), goodClaims(), rsa.privateKey, 'PS256'),
    ],
    ["another key's kid", signed({ kid: 'other' })],
    ['signed by a stranger', forge(header(), goodClaims(), makeKey('RS256').privateKey, 'RS256')],
    ['signature with one bit changed', withSignature(flipped(goodSignature))],
    [
      'signature cut short',
      withSignature(b64(Buffer.from(goodSignature, 'base64url').subarray(0, 255))),
    ],
    [
      'signature with an extra byte',
      withSignature(b64(Buffer.concat([Buffer.alloc(1), Buffer.from(goodSignature, 'base64url')]))),
    ],
    [
      'payload of another token',
      `${goodHeader}.${signed({}, { sub: 'admin' }).split('.')[1]}.${goodSignature}`,
    ],
    [
      'header of another token',
      `${signed({ x: 1 }).split('.')[0]}.${goodPayload}.${goodSignature}`,
    ],
  ],
  key_unknown: [
    ['no kid', signed({ kid: undefined })],
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
    ].map((kid) => [`kid ${JSON.stringify(kid)}`, signed({ kid })] as const),
    ...[0, null, true, ['main'], { main: 1 }].map(
      (kid) => [`kid ${JSON.stringify(kid)}`, signed({ kid })] as const,
    ),
  ],
  header_refused: [
    [
      'jwk',
      forge(header({ jwk: jwkMembers(other.publicKey) }), goodClaims(), other.privateKey, 'RS256'),
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
      [`${name} on a right token`, signed({ [name]: value })] as const,
      [`${name} null on a right token`, signed({ [name]: null })] as const,
    ]),
    ['crit empty', signed({ crit: [] })],
    ['b64 true', signed({ b64: true })],
  ],
  type_refused: [
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
    ].map((typ) => [`typ ${JSON.stringify(typ)}`, signed({ typ })] as const),
  ],
  oversized: [['over 8 KiB, a right signature', signed({}, { x: 'x'.repeat(6000) })]],
};

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
  it('accepts the control, and ignores unknown members', () => {
    expect(verifier.verify(good).kind).toBe('accepted');
    expect(
      verifier.verify(forge(header({ kid: 'other' }), goodClaims(), other.privateKey, 'RS256'))
        .kind,
    ).toBe('accepted');
    expect(verifier.verify(signed({ cty: 'x', x5t: 'x', __unknown: { deep: [1] } })).kind).toBe(
      'accepted',
    );
    expect(
      verifier.verify(
        rawHeader('{"__proto__":{"crit":1},"alg":"RS256","kid":"main","typ":"at+jwt"}'),
      ).kind,
    ).toBe('accepted');
  });

  it.each(['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/At+JWT'])(
    'accepts typ %s',
    (typ) => {
      expect(verifier.verify(signed({ typ })).kind).toBe('accepted');
    },
  );

  describe.each(Object.entries(ATTACKS))('%s', (reason, rows) => {
    // T-p529
    it.each(rows)('%s', (_name, token) => {
      expect(verifier.verify(token)).toEqual(refused(reason));
      // and again: a refused token is not cached as good
      expect(verifier.verify(token)).toEqual(refused(reason));
      expect(verifier.verify(token, { expiry: 'ignored' }).kind).toBe('refused');
    });
  });

  it('an HMAC verifier refuses asymmetric tokens', () => {
    const bench = makeBench({ algorithm: 'HS256', secret, keyId: 'main' });
    const hs = (alg: string) =>
      forge(header({ alg }), goodClaims(), secret, alg.startsWith('HS') ? alg : 'HS256');
    expect(bench.verifier.verify(hs('HS256')).kind).toBe('accepted');
    for (const alg of ['HS384', 'HS512', 'none', 'RS256'])
      expect(bench.verifier.verify(hs(alg)).kind).toBe('refused');
    const [h, p, s = ''] = hs('HS256').split('.');
    for (const short of [
      b64(Buffer.from(s, 'base64url').subarray(0, 16)),
      b64(Buffer.alloc(32)),
      'AA',
    ]) {
      expect(bench.verifier.verify(`${h}.${p}.${short}`).kind).toBe('refused');
    }
  });
});
