import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { goodClaims, KEY_ID, type Row, signJwt } from './stage.js';
import { publicJwk } from './public-jwk.js';

/** What an attacker knows about the issuer, and the real key for tokens with a single fault. */
export interface Forger {
  readonly privateKey: KeyObject;
  readonly publishedJwks: string;
  /** A URL that must not be requested, whatever a token names. */
  readonly trapUrl: string;
}

export const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const seconds = () => Math.floor(Date.now() / 1000);
const encode = (text: string) => Buffer.from(text).toString('base64url');
const publicOf = ({ privateKey }: Forger) => createPublicKey(privateKey);

const claims = (changes: Row) => (world: Forger) => signJwt(world.privateKey, goodClaims(changes));
const header = (changes: Row) => (world: Forger) =>
  signJwt(world.privateKey, goodClaims(), changes);
/** HMAC over the token with something public as the secret (algorithm confusion, RFC 8725, section 2.1). */
function confused(secret: string | Buffer): string {
  const parts = [{ alg: 'HS256', kid: KEY_ID, typ: 'at+jwt' }, goodClaims()];
  const input = parts.map((part) => encode(JSON.stringify(part))).join('.');
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** A token with this text as its header, signed with the right key. */
function withHeaderText(world: Forger, text: string): string {
  const [, payload] = signJwt(world.privateKey, goodClaims()).split('.');
  return signText(world, `${encode(text)}.${payload}`);
}

function withPayloadText(world: Forger, text: string): string {
  const [head] = signJwt(world.privateKey, goodClaims()).split('.');
  return signText(world, `${head}.${encode(text)}`);
}

function signText(world: Forger, input: string): string {
  return `${input}.${signRaw(world, input)}`;
}

function signRaw(world: Forger, input: string): string {
  return sign('sha256', Buffer.from(input), world.privateKey).toString('base64url');
}

/** Public values that a careless library would use as the secret. */
const PUBLIC_TEXTS: readonly (readonly [
  name: string,
  secret: (world: Forger) => string | Buffer,
])[] = [
  ['PEM', pem],
  ['PEM, trimmed', (world) => pem(world).trim()],
  ['PEM with CRLF', (world) => pem(world).replaceAll('\n', '\r\n')],
  ['PEM with written line breaks', (world) => pem(world).replaceAll('\n', '\\n')],
  ['the base64 of the PEM', (world) => pem(world).replaceAll(/-----[^-]+-----|\s/g, '')],
  ['PKCS#1 PEM', (world) => publicOf(world).export({ type: 'pkcs1', format: 'pem' })],
  ['SPKI DER', (world) => publicOf(world).export({ type: 'spki', format: 'der' })],
  ['PKCS#1 DER', (world) => publicOf(world).export({ type: 'pkcs1', format: 'der' })],
  ['the JWK', (world) => JSON.stringify(publicJwk(publicOf(world)))],
  [
    'the JWK as it is published',
    (world) => JSON.stringify((JSON.parse(world.publishedJwks) as { keys: unknown[] }).keys[0]),
  ],
  ['the JWKS as it is published', (world) => world.publishedJwks],
  ['the modulus', (world) => Buffer.from(publicJwk(publicOf(world)).n ?? '', 'base64url')],
  ['the modulus, as text', (world) => publicJwk(publicOf(world)).n ?? ''],
  ['the kid', () => KEY_ID],
  ['nothing', () => ''],
];

export const FORGED: readonly (readonly [name: string, forge: (world: Forger) => string])[] = [
  ['another key under our kid', () => signJwt(stranger.privateKey, goodClaims())],
  ...PUBLIC_TEXTS.map(
    ([name, secret]) =>
      [
        `the public key as an HMAC secret (${name})`,
        (world: Forger) => confused(secret(world)),
      ] as const,
  ),
  ['alg none, unsigned', (world) => unsigned(world, 'none')],
  ['alg NONE, unsigned', (world) => unsigned(world, 'NONE')],
  ['another algorithm of the same family', header({ alg: 'RS512' })],
  ['alg none in odd case', header({ alg: 'nOnE' })],
  ['no alg', header({ alg: undefined })],
  ['no kid', header({ kid: undefined })],
  ['an unknown kid', header({ kid: 'other' })],
  ['a kid that walks the file system', header({ kid: '../../../../dev/null' })],
  ['a kid that injects SQL', header({ kid: `${KEY_ID}' OR '1'='1` })],
  ['a kid that is a list', header({ kid: [KEY_ID] })],
  ['a kid of the prototype', header({ kid: '__proto__' })],
  ['typ JWT', header({ typ: 'JWT' })],
  ['typ of an id token', header({ typ: 'id+jwt' })],
  ['no typ', header({ typ: undefined })],
  ['its own jwk', header({ jwk: publicJwk(stranger.publicKey) })],
  ['its own jwk, signed with it', ownJwk],
  ['a jku', (world) => signJwt(world.privateKey, goodClaims(), { jku: world.trapUrl })],
  [
    'a jku with the key of its owner',
    (world) => signJwt(stranger.privateKey, goodClaims(), { kid: 'mine', jku: world.trapUrl }),
  ],
  ['an x5c', header({ x5c: ['MIIB'] })],
  ['an x5u', (world) => signJwt(world.privateKey, goodClaims(), { x5u: world.trapUrl })],
  [
    'a kid that is a URL',
    (world) => signJwt(world.privateKey, goodClaims(), { kid: world.trapUrl }),
  ],
  ['crit', header({ crit: ['exp'] })],
  ['b64', header({ b64: false })],
  ['zip', header({ zip: 'DEF' })],
  [
    'a repeated header member',
    (world) =>
      withHeaderText(world, `{"alg":"RS256","alg":"RS256","kid":"${KEY_ID}","typ":"at+jwt"}`),
  ],
  [
    'a repeated member, escaped',
    (world) =>
      withHeaderText(
        world,
        `{"alg":"RS256","kid":"${KEY_ID}","k\\u0069d":"${KEY_ID}","typ":"at+jwt"}`,
      ),
  ],
  ['a header that is a list', (world) => withHeaderText(world, '[]')],
  ['a payload that is not JSON', (world) => withPayloadText(world, 'hello')],
  ['a payload that is null', (world) => withPayloadText(world, 'null')],
  ['an altered payload', (world) => altered(world, 1)],
  ['an altered signature', (world) => altered(world, 2)],
  ['no signature', (world) => signJwt(world.privateKey, goodClaims()).replace(/\.[^.]*$/, '.')],
  ['four parts', (world) => `${signJwt(world.privateKey, goodClaims())}.AA`],
  ['padding', (world) => `${signJwt(world.privateKey, goodClaims())}==`],
  ['stray bits in the signature', strayBits],
  ['another issuer', claims({ iss: 'https://evil.test' })],
  ['another audience', claims({ aud: 'other-api' })],
  ['a list of other audiences', claims({ aud: ['other-api'] })],
  [
    'an expired one, past the tolerance',
    claims({ iat: seconds() - 900, nbf: seconds() - 900, exp: seconds() - 31 }),
  ],
  ['not yet valid', claims({ nbf: seconds() + 300 })],
  [
    'issued in the future',
    claims({ iat: seconds() + 300, nbf: seconds() + 300, exp: seconds() + 600 }),
  ],
  ['a lifetime above one hour', claims({ exp: seconds() + 3700 })],
  ['exp before iat', claims({ exp: seconds() - 10 })],
  ['exp as text', claims({ exp: String(seconds() + 900) })],
  ['exp with a fraction', claims({ exp: seconds() + 900.5 })],
  ['tokenVersion as text', claims({ tokenVersion: '1' })],
  ...['iss', 'aud', 'exp', 'nbf', 'iat', 'sub', 'jti', 'sid', 'tokenVersion'].map(
    (name) => [`no ${name}`, claims({ [name]: undefined })] as const,
  ),
  ['a token over 8 KiB', claims({ filler: 'x'.repeat(8192) })],
  ['no token at all', () => 'x'],
];

/** Controls, which show that the tokens above are refused only for their fault. */
export const GOOD: readonly (readonly [name: string, forge: (world: Forger) => string])[] = [
  ['the plain one', claims({})],
  ['typ application/at+jwt in odd case', header({ typ: 'Application/AT+JWT' })],
  ['an audience list that holds ours', claims({ aud: ['other-api', 'stage-api'] })],
  ['an unknown header member', header({ foo: 'bar' })],
  [
    'one that expired within the tolerance',
    // computed when it is used, because on a busy machine that is long after this file was loaded
    (world) => claims({ iat: seconds() - 600, nbf: seconds() - 600, exp: seconds() - 2 })(world),
  ],
  ['an unknown claim', claims({ tenant: 'x' })],
];

function unsigned(world: Forger, alg: string): string {
  const [, payload] = signJwt(world.privateKey, goodClaims()).split('.');
  return `${encode(JSON.stringify({ alg, kid: KEY_ID, typ: 'at+jwt' }))}.${payload}.`;
}

function pem(world: Forger): string {
  return publicOf(world).export({ type: 'spki', format: 'pem' }).toString();
}

function ownJwk(): string {
  const jwk = publicJwk(stranger.publicKey);
  return signJwt(stranger.privateKey, goodClaims(), { jwk });
}

function altered(world: Forger, part: 1 | 2): string {
  const parts = signJwt(world.privateKey, goodClaims()).split('.');
  const text = parts[part] ?? '';
  parts[part] = `${text.slice(0, 5)}${text[5] === 'A' ? 'B' : 'A'}${text.slice(6)}`;
  return parts.join('.');
}

/** With 256 bytes the last character has unused bits; a lax decoder reads the same signature. */
function strayBits(world: Forger): string {
  const token = signJwt(world.privateKey, goodClaims());
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(token.at(-1) ?? '');
  return token.slice(0, -1) + alphabet[last ^ 1];
}
