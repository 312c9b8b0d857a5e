import { randomUUID } from 'node:crypto';
import { base64url, exportJWK, generateKeyPair, SignJWT } from 'jose';

/** The oracle can only use the system clock. */
export const NOW = Math.floor(Date.now() / 1000);
export const URI = 'https://api.example.com/notes';

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;
export interface Forgery {
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  readonly keys?: Keys;
  /** Changes the finished text. */
  readonly text?: (proof: string) => string;
}

const extractable = { extractable: true } as const;
export const [own, other] = await Promise.all([
  generateKeyPair('ES256', extractable),
  generateKeyPair('ES256', extractable),
]);
export const [jwk, privateJwk] = await Promise.all([
  exportJWK(own.publicKey),
  exportJWK(own.privateKey),
]);

/** A proof that is good except for what is forged; `undefined` members are left out. */
export async function forge({
  header = {},
  claims = {},
  keys = own,
  text = (proof) => proof,
}: Forgery = {}) {
  const payload = { jti: randomUUID(), htm: 'POST', htu: URI, iat: NOW, ...claims };
  const signed = await new SignJWT(JSON.parse(JSON.stringify(payload)) as Record<string, unknown>)
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk, ...header })
    .sign(keys.privateKey);
  return text(signed);
}

export const b64 = (value: unknown) => base64url.encode(JSON.stringify(value));
export const withHeader = (header: object) => (proof: string) =>
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

/** What is wrong, the reason of the refusal, and how the forgery is made. */
export const FORGERIES: readonly (readonly [string, string, () => Forgery])[] = [
  ['another type', 'proof_type', () => ({ header: { typ: 'jwt' } })],
  ['an access token', 'proof_type', () => ({ header: { typ: 'at+jwt' } })],
  ['no type', 'proof_type', () => ({ header: { typ: undefined } })],
  [
    'alg none',
    'proof_algorithm',
    () => ({ text: withHeader({ typ: 'dpop+jwt', alg: 'none', jwk }) }),
  ],
  [
    'alg HS256',
    'proof_algorithm',
    () => ({ text: withHeader({ typ: 'dpop+jwt', alg: 'HS256', jwk }) }),
  ],
  [
    'alg ES512',
    'proof_algorithm',
    () => ({ text: withHeader({ typ: 'dpop+jwt', alg: 'ES512', jwk }) }),
  ],
  ['no key', 'proof_key', () => ({ header: { jwk: undefined } })],
  ['an RSA key of 8192 bits', 'proof_key', () => ({ text: byRsa(1024, 'AQAB') })],
  ['an RSA key of another exponent', 'proof_key', () => ({ text: byRsa(256, 'AQAAAAAAAAAAAQ') })],
  ['a private key', 'proof_key', () => ({ header: { jwk: privateJwk } })],
  ['a symmetric key', 'proof_key', () => ({ header: { jwk: { kty: 'oct', k: 'AAAA' } } })],
  ['a key of another curve', 'proof_key', () => ({ header: { jwk: { ...jwk, crv: 'P-384' } } })],
  [
    'a key for another algorithm',
    'proof_key',
    () => ({ header: { jwk: { ...jwk, alg: 'ES384' } } }),
  ],
  [
    'a point that is not on the curve',
    'proof_key',
    () => ({ header: { jwk: { ...jwk, x: jwk.y } } }),
  ],
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
  ['another method', 'proof_method', () => ({ claims: { htm: 'GET' } })],
  ['the method in small letters', 'proof_method', () => ({ claims: { htm: 'post' } })],
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
];
