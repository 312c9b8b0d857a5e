import { randomUUID } from 'node:crypto';
import { generateKeyPair as generateRsa } from 'node:crypto';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as DPoP from 'dpop';
import { base64url, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { checkProof, type ProofTarget, tokenHash } from './dpop-proof.js';
import { targetUri } from './target-uri.js';

const NOW = 1_800_000_000;
const URI = 'https://api.example.com/notes';
const target = (changes: Partial<ProofTarget> = {}): ProofTarget => ({
  ...{ method: 'GET', uri: URI, nowMs: NOW * 1000, windowMs: 90_000 },
  ...changes,
});

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;
interface Forgery {
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  readonly keys?: Keys;
  /** Changes the finished text. */
  readonly text?: (proof: string) => string;
}

let own: Keys;
let other: Keys;
let jwk: JWK;
let privateJwk: JWK;
beforeAll(async () => {
  [own, other] = await Promise.all([
    generateKeyPair('ES256', { extractable: true }),
    generateKeyPair('ES256', { extractable: true }),
  ]);
  [jwk, privateJwk] = await Promise.all([exportJWK(own.publicKey), exportJWK(own.privateKey)]);
});

async function forge({ header = {}, claims = {}, keys = own, text = (proof) => proof }: Forgery = {}) {
  const payload = { jti: randomUUID(), htm: 'GET', htu: URI, iat: NOW, ...claims };
  const signed = await new SignJWT(JSON.parse(JSON.stringify(payload)) as Record<string, unknown>)
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk, ...header })
    .sign(keys.privateKey);
  return text(signed);
}

const b64 = (value: unknown) => base64url.encode(JSON.stringify(value));
const withHeader = (header: object) => (proof: string) =>
  [b64(header), ...proof.split('.').slice(1)].join('.');
const byRsa = (bytes: number, e: string) => {
  const n = Buffer.alloc(bytes, 0xff).toString('base64url');
  return withHeader({ typ: 'dpop+jwt', alg: 'RS256', jwk: { kty: 'RSA', n, e } });
};
/** The same signature as ASN.1 DER. */
const inDer = (proof: string): string => {
  const parts = proof.split('.');
  const raw = Buffer.from(parts[2] ?? '', 'base64url');
  const integer = (bytes: Buffer) => {
    const first = bytes.findIndex((each) => each !== 0);
    const bare = bytes.subarray(first);
    const body = (bare[0] ?? 0) > 127 ? Buffer.concat([Buffer.from([0]), bare]) : bare;
    return Buffer.concat([Buffer.from([2, body.length]), body]);
  };
  const body = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
  const der = Buffer.concat([Buffer.from([0x30, body.length]), body]);
  return [parts[0], parts[1], der.toString('base64url')].join('.');
};

describe('a DPoP proof', () => {
  // T-dpf2
  it('is accepted for its method and URI, and names its key by the RFC 7638 thumbprint', async () => {
    const claims = { ath: tokenHash('token'), nonce: 'n', extra: 'ignored' };
    expect(checkProof(await forge({ claims }), target())).toMatchObject({
      ...{ kind: 'accepted', key: await calculateJwkThumbprint(jwk), issuedAtMs: NOW * 1000 },
      ...{ ath: 'PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A', nonce: 'n' },
    });
  });

  it.each(['ES256', 'RS256', 'PS256'] as const)('of the dpop package is accepted: %s', async (algorithm) => {
    const keys = await DPoP.generateKeyPair(algorithm, { extractable: true });
    const proof = await DPoP.generateProof(keys, `${URI}?q=1#f`, 'POST', 'nonce', 'token');
    expect(checkProof(proof, target({ method: 'POST', nowMs: Date.now() }))).toMatchObject({
      ...{ kind: 'accepted', nonce: 'nonce', ath: tokenHash('token') },
      key: await DPoP.calculateThumbprint(keys.publicKey),
    });
  });

  it('is accepted by ES384', async () => {
    const keys = await generateKeyPair('ES384', { extractable: true });
    const header = { alg: 'ES384', jwk: await exportJWK(keys.publicKey) };
    expect(checkProof(await forge({ keys, header }), target()).kind).toBe('accepted');
  });

  // T-dpf3
  it('of RFC 9449, section 4.1, is accepted, and so is the one of section 7.1 for its token', () => {
    const header = {
      ...{ typ: 'dpop+jwt', alg: 'ES256' },
      jwk: {
        ...{ kty: 'EC', x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs' },
        ...{ y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA', crv: 'P-256' },
      },
    };
    const first = [
      b64(header),
      b64({
        ...{ jti: '-BwC3ESc6acc2lTc', htm: 'POST', htu: 'https://server.example.com/token' },
        iat: 1562262616,
      }),
      '2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg',
    ].join('.');
    const of = { method: 'POST', uri: 'https://server.example.com/token', nowMs: 1562262616_000 };
    expect(checkProof(first, target(of))).toMatchObject({
      ...{ kind: 'accepted', key: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
    });
    expect(tokenHash('Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU')).toBe(
      'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo',
    );
  });

  // T-dpf4
  it.each<[string, string, () => Forgery]>([
    ['another type', 'proof_type', () => ({ header: { typ: 'jwt' } })],
    ['an access token', 'proof_type', () => ({ header: { typ: 'at+jwt' } })],
    ['no type', 'proof_type', () => ({ header: { typ: undefined } })],
    ['alg none', 'proof_algorithm', () => ({ text: withHeader({ typ: 'dpop+jwt', alg: 'none', jwk }) })],
    ['alg HS256', 'proof_algorithm', () => ({ text: withHeader({ typ: 'dpop+jwt', alg: 'HS256', jwk }) })],
    ['alg ES512', 'proof_algorithm', () => ({ text: withHeader({ typ: 'dpop+jwt', alg: 'ES512', jwk }) })],
    ['no key', 'proof_key', () => ({ header: { jwk: undefined } })],
    ['an RSA key of 8192 bits', 'proof_key', () => ({ text: byRsa(1024, 'AQAB') })],
    ['an RSA key of another exponent', 'proof_key', () => ({ text: byRsa(256, 'AQAAAAAAAAAAAQ') })],
    ['a private key', 'proof_key', () => ({ header: { jwk: privateJwk } })],
    ['a symmetric key', 'proof_key', () => ({ header: { jwk: { kty: 'oct', k: 'AAAA' } } })],
    ['a key of another curve', 'proof_key', () => ({ header: { jwk: { ...jwk, crv: 'P-384' } } })],
    ['a key for another algorithm', 'proof_key', () => ({ header: { jwk: { ...jwk, alg: 'ES384' } } })],
    ['a point that is not on the curve', 'proof_key', () => ({ header: { jwk: { ...jwk, x: jwk.y } } })],
    ['a key by reference', 'proof_malformed', () => ({ header: { jku: 'https://evil.example' } })],
    ['a certificate', 'proof_malformed', () => ({ header: { x5c: [] } })],
    [
      'crit',
      'proof_malformed',
      () => ({ text: withHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk, crit: ['x'] }) }),
    ],
    ['the signature of another key', 'proof_signature', () => ({ keys: other })],
    ['a signature in DER', 'proof_signature', () => ({ text: inDer })],
    ['no signature', 'proof_malformed', () => ({ text: (proof) => proof.replace(/[^.]*$/, '') })],
    ['another method', 'proof_method', () => ({ claims: { htm: 'POST' } })],
    ['the method in small letters', 'proof_method', () => ({ claims: { htm: 'get' } })],
    ['no method', 'proof_malformed', () => ({ claims: { htm: undefined } })],
    ['another path', 'proof_uri', () => ({ claims: { htu: 'https://api.example.com/note' } })],
    ['another host', 'proof_uri', () => ({ claims: { htu: 'https://api.example.org/notes' } })],
    ['another port', 'proof_uri', () => ({ claims: { htu: 'https://api.example.com:8443/notes' } })],
    ['another scheme', 'proof_uri', () => ({ claims: { htu: 'http://api.example.com/notes' } })],
    ['a path alone', 'proof_uri', () => ({ claims: { htu: '/notes' } })],
    ['no URI', 'proof_malformed', () => ({ claims: { htu: undefined } })],
    ['an instant before the window', 'proof_time', () => ({ claims: { iat: NOW - 91 } })],
    ['an instant after the window', 'proof_time', () => ({ claims: { iat: NOW + 91 } })],
    ['an instant as text', 'proof_time', () => ({ claims: { iat: String(NOW) } })],
    ['no instant', 'proof_time', () => ({ claims: { iat: undefined } })],
    ['no id', 'proof_malformed', () => ({ claims: { jti: undefined } })],
    ['an empty id', 'proof_malformed', () => ({ claims: { jti: '' } })],
    ['an id of 129 characters', 'proof_malformed', () => ({ claims: { jti: 'j'.repeat(129) } })],
    ['a number as its id', 'proof_malformed', () => ({ claims: { jti: 7 } })],
    ['a list as its nonce', 'proof_malformed', () => ({ claims: { nonce: ['n'] } })],
    ['a number as the hash of a token', 'proof_malformed', () => ({ claims: { ath: 1 } })],
    ['padding', 'proof_malformed', () => ({ text: (proof) => `${proof}=` })],
    ['two parts', 'proof_malformed', () => ({ text: (proof) => proof.replace(/\.[^.]*$/, '') })],
    ['more than 8 KiB', 'proof_malformed', () => ({ claims: { more: 'm'.repeat(9000) } })],
  ])('with %s is refused', async (_, reason, forgery) => {
    expect(checkProof(await forge(forgery()), target())).toEqual({ kind: 'refused', reason });
  });

  // T-dpf5
  it('by an RSA key of 1024 bits is refused', async () => {
    const { publicKey } = await promisify(generateRsa)('rsa', { modulusLength: 1024 });
    const header = { typ: 'dpop+jwt', alg: 'RS256', jwk: publicKey.export({ format: 'jwk' }) };
    const proof = await forge({ text: withHeader(header) });
    expect(checkProof(proof, target())).toEqual({ kind: 'refused', reason: 'proof_key' });
  });
});

describe('the target URI', () => {
  // T-dpf6
  it.each([
    ['HTTPS://API.Example.com:443/notes', URI],
    ['https://api.example.com/notes?q=1', URI],
    ['https://api.example.com/notes#f', URI],
    ['https://api.example.com/a/../notes', URI],
    ['https://api.example.com/./n%6Ftes', URI],
    ['https://api.example.com/%7euser%2f', 'https://api.example.com/~user%2F'],
    ['http://api.example.com:80', 'http://api.example.com/'],
    ['ws://localhost:3000/events', 'http://localhost:3000/events'],
    ['wss://api.example.com/notes', URI],
    ['https://api.example.com//notes', 'https://api.example.com//notes'],
    ['https://api.example.com/notes/', 'https://api.example.com/notes/'],
    ['http://[::1]:3000/x', 'http://[::1]:3000/x'],
  ])('%s is %s', (given, normalised) => {
    expect(targetUri(given)).toBe(normalised);
  });

  // T-dpf7
  it.each([
    ['a path', '/notes'],
    ['another scheme', 'ftp://api.example.com/notes'],
    ['a user', 'https://u:p@api.example.com/notes'],
    ['a backslash', 'https://api.example.com\\notes'],
    ['a blank', 'https://api.example.com/no tes'],
    ['a line break', 'https://api.example.com/no\ntes'],
    ['a broken escape', 'https://api.example.com/%zz'],
    ['a character beyond ASCII', 'https://api.example.com/nötes'],
    ['nothing', ''],
  ])('%s is not one', (_, given) => {
    expect(targetUri(given)).toBeUndefined();
  });
});
