import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { HttpClient } from './support/http.js';
import {
  ADAPTERS,
  bearer,
  goodClaims,
  KEY_ID,
  REFUSED,
  refusalOf,
  type Row,
  signJwt,
  STAGE_TIMEOUT_MS,
  type Stage,
  startStage,
} from './support/stage.js';

const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const seconds = () => Math.floor(Date.now() / 1000);

let stage: Stage;
let publicKey: KeyObject;
let publishedJwks = '';
let publishedJwk = '';
/** Whatever a token names, nobody may come here. */
const trap = {
  url: '',
  visits: 0,
  server: createServer((_request, response) => {
    trap.visits += 1;
    response.end(
      JSON.stringify({
        keys: [{ ...stranger.publicKey.export({ format: 'jwk' }), kid: 'mine', alg: 'RS256' }],
      }),
    );
  }),
};
beforeAll(async () => {
  stage = await startStage();
  publicKey = createPublicKey(stage.env['JWT_PRIVATE_KEY'] ?? '');
  publishedJwks = (await stage.demos.express.client().get('/.well-known/jwks.json')).text;
  publishedJwk = JSON.stringify((JSON.parse(publishedJwks) as { keys: unknown[] }).keys[0]);
  await new Promise<void>((resolve) => trap.server.listen(0, '127.0.0.1', resolve));
  trap.url = `http://127.0.0.1:${String((trap.server.address() as AddressInfo).port)}/jwks.json`;
}, STAGE_TIMEOUT_MS);
afterAll(async () => {
  trap.server.close();
  await stage?.close();
});

const claims = (changes: Row) => () => stage.signed(goodClaims(changes));
const header = (changes: Row) => () => stage.signed(goodClaims(), changes);
const encode = (text: string) => Buffer.from(text).toString('base64url');

/** HMAC over the token with something public as the secret (algorithm confusion, RFC 8725, section 2.1). */
function confused(secret: string | Buffer): string {
  const parts = [{ alg: 'HS256', kid: KEY_ID, typ: 'at+jwt' }, goodClaims()];
  const input = parts.map((part) => encode(JSON.stringify(part))).join('.');
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** The header as this text, signed with the right key. */
function withHeaderText(text: string): string {
  const [, payload] = stage.signed(goodClaims()).split('.');
  return signText(`${encode(text)}.${payload}`);
}

function withPayloadText(text: string): string {
  const [head] = stage.signed(goodClaims()).split('.');
  return signText(`${head}.${encode(text)}`);
}

function signText(input: string): string {
  return `${input}.${signRaw(input)}`;
}

function signRaw(input: string): string {
  return sign('sha256', Buffer.from(input), stage.env['JWT_PRIVATE_KEY'] ?? '').toString('base64url');
}

/** Everything that a careless library would take for the secret: it is public. */
const PUBLIC_TEXTS: readonly (readonly [name: string, secret: () => string | Buffer])[] = [
  ['PEM', pem],
  ['PEM, trimmed', () => pem().trim()],
  ['PEM with CRLF', () => pem().replaceAll('\n', '\r\n')],
  ['PEM with written line breaks', () => pem().replaceAll('\n', '\\n')],
  ['the base64 of the PEM', () => pem().replaceAll(/-----[^-]+-----|\s/g, '')],
  ['PKCS#1 PEM', () => publicKey.export({ type: 'pkcs1', format: 'pem' })],
  ['SPKI DER', () => publicKey.export({ type: 'spki', format: 'der' })],
  ['PKCS#1 DER', () => publicKey.export({ type: 'pkcs1', format: 'der' })],
  ['the JWK', () => JSON.stringify(publicKey.export({ format: 'jwk' }))],
  ['the JWK as it is published', () => publishedJwk],
  ['the JWKS as it is published', () => publishedJwks],
  ['the modulus', () => Buffer.from(publicKey.export({ format: 'jwk' }).n ?? '', 'base64url')],
  ['the modulus, as text', () => publicKey.export({ format: 'jwk' }).n ?? ''],
  ['the kid', () => KEY_ID],
  ['nothing', () => ''],
];

const FORGED: readonly (readonly [name: string, forge: () => string])[] = [
  ['another key under our kid', () => signJwt(stranger.privateKey, goodClaims())],
  ...PUBLIC_TEXTS.map(([name, secret]) => [`the public key as an HMAC secret (${name})`, () => confused(secret())] as const),
  ['alg none, unsigned', () => unsigned('none')],
  ['alg NONE, unsigned', () => unsigned('NONE')],
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
  ['its own jwk', header({ jwk: stranger.publicKey.export({ format: 'jwk' }) })],
  ['its own jwk, signed with it', ownJwk],
  ['a jku', () => stage.signed(goodClaims(), { jku: trap.url })],
  ['a jku with the key of its owner', () => signJwt(stranger.privateKey, goodClaims(), { kid: 'mine', jku: trap.url })],
  ['an x5c', header({ x5c: ['MIIB'] })],
  ['an x5u', () => stage.signed(goodClaims(), { x5u: trap.url })],
  ['a kid that is a URL', () => stage.signed(goodClaims(), { kid: trap.url })],
  ['crit', header({ crit: ['exp'] })],
  ['b64', header({ b64: false })],
  ['zip', header({ zip: 'DEF' })],
  ['a repeated header member', () => withHeaderText(`{"alg":"RS256","alg":"RS256","kid":"${KEY_ID}","typ":"at+jwt"}`)],
  ['a repeated member, escaped', () => withHeaderText(`{"alg":"RS256","kid":"${KEY_ID}","k\\u0069d":"${KEY_ID}","typ":"at+jwt"}`)],
  ['a header that is a list', () => withHeaderText('[]')],
  ['a payload that is no JSON', () => withPayloadText('hello')],
  ['a payload that is null', () => withPayloadText('null')],
  ['an altered payload', () => altered(1)],
  ['an altered signature', () => altered(2)],
  ['no signature', () => stage.signed(goodClaims()).replace(/\.[^.]*$/, '.')],
  ['four parts', () => `${stage.signed(goodClaims())}.AA`],
  ['padding', () => `${stage.signed(goodClaims())}==`],
  ['stray bits in the signature', strayBits],
  ['another issuer', claims({ iss: 'https://evil.test' })],
  ['another audience', claims({ aud: 'other-api' })],
  ['a list of other audiences', claims({ aud: ['other-api'] })],
  ['an expired one, past the tolerance', claims({ iat: seconds() - 900, nbf: seconds() - 900, exp: seconds() - 31 })],
  ['not yet valid', claims({ nbf: seconds() + 300 })],
  ['issued in the future', claims({ iat: seconds() + 300, nbf: seconds() + 300, exp: seconds() + 600 })],
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
]; // prettier-ignore

/** Beside them, so that none of the above is refused for a reason of its own. */
const GOOD: readonly (readonly [name: string, forge: () => string])[] = [
  ['the plain one', claims({})],
  ['typ application/at+jwt in odd case', header({ typ: 'Application/AT+JWT' })],
  ['an audience list that holds ours', claims({ aud: ['other-api', 'stage-api'] })],
  ['an unknown header member', header({ foo: 'bar' })],
  ['one that expired within the tolerance', claims({ iat: seconds() - 600, nbf: seconds() - 600, exp: seconds() + 2 })],
  ['an unknown claim', claims({ tenant: 'x' })],
]; // prettier-ignore

describe.each(ADAPTERS)('forged tokens on %s', (adapter) => {
  let client: HttpClient;
  beforeAll(() => {
    client = stage.demos[adapter].client();
  });

  it.each(FORGED)(
    'refuses %s, in the header and in the cookie, to the byte like any other',
    async (_, forge) => {
      const token = forge();
      expect(refusalOf(await client.get('/me', bearer(token)))).toEqual(REFUSED);
      const cookie = { headers: { cookie: `access_token=${token}` } };
      expect(refusalOf(await client.get('/me', cookie))).toEqual(REFUSED);
    },
  );

  it('fetched nothing that a token named', () => {
    expect(trap.visits).toBe(0);
  });

  it.each(GOOD)('accepts %s', async (_, forge) => {
    expect((await client.get('/me', bearer(forge()))).status).toBe(200);
  });
});

function unsigned(alg: string): string {
  const [, payload] = stage.signed(goodClaims()).split('.');
  return `${encode(JSON.stringify({ alg, kid: KEY_ID, typ: 'at+jwt' }))}.${payload}.`;
}

function pem(): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

function ownJwk(): string {
  const jwk = stranger.publicKey.export({ format: 'jwk' });
  return signJwt(stranger.privateKey, goodClaims(), { jwk });
}

function altered(part: 1 | 2): string {
  const parts = stage.signed(goodClaims()).split('.');
  const text = parts[part] ?? '';
  parts[part] = `${text.slice(0, 5)}${text[5] === 'A' ? 'B' : 'A'}${text.slice(6)}`;
  return parts.join('.');
}

/** 256 bytes leave two bits of the last character unused; a lax decoder reads the same signature. */
function strayBits(): string {
  const token = stage.signed(goodClaims());
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(token.at(-1) ?? '');
  return token.slice(0, -1) + alphabet[last ^ 1];
}
