import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { AuthError } from '../../common/auth-error.js';
import type { SigningAlgorithm } from '../../options/key-options.js';
import { fetchJwks } from './fetched-jwks.js';
import { jwkMembers } from './jwk-members.js';

const rsa = jwkMembers(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey);
const ec = (namedCurve = 'P-256'): JsonWebKey =>
  jwkMembers(generateKeyPairSync('ec', { namedCurve }).publicKey);
const A = { ...ec(), kid: 'a', alg: 'ES256', use: 'sig' };
const json = (body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { headers });

interface Asked {
  readonly algorithms?: readonly SigningAlgorithm[];
  readonly keysWithoutAlg?: 'left_out' | 'first_that_fits';
  readonly deadlineMs?: number;
}
function read(answer: (init: RequestInit) => Response | Promise<Response>, asked: Asked = {}) {
  const { algorithms = ['RS256', 'PS256', 'ES256', 'ES384'], ...rest } = asked;
  return fetchJwks({
    url: new URL('https://issuer.example/jwks.json'),
    fetch: async (_url, init) => answer(init),
    deadlineMs: 20_000,
    keysWithoutAlg: 'left_out',
    algorithms: new Set(algorithms),
    ...rest,
  });
}
const setOf = (keys: readonly unknown[], asked?: Asked) => read(() => json({ keys }), asked);
const problemOf = (reading: Promise<unknown>): Promise<string> =>
  reading.then(
    () => 'was read',
    (error: AuthError) => `${error.code}: ${error.detail}`,
  );

describe('the answer of an issuer', () => {
  it('is asked for as JSON, without redirects', async () => {
    const inits: RequestInit[] = [];
    await read((init) => (inits.push(init), json({ keys: [] })));
    expect(inits).toEqual([
      {
        redirect: 'manual',
        headers: { accept: 'application/json' },
        signal: expect.any(AbortSignal),
      },
    ]);
  });

  it.each([
    ['a byte order mark', `\ufeff${JSON.stringify({ keys: [A] })}`],
    ['blanks up to the limit of 256 KiB', JSON.stringify({ keys: [A] }).padEnd(262_144)],
  ])('may have %s', async (_, text) => {
    expect((await read(() => new Response(text))).keys).toHaveLength(1);
  });

  it('may hold 100 keys', async () => {
    expect((await setOf(Array.from({ length: 100 }, () => A))).keys).toHaveLength(1);
  });

  it.each<[string, () => Response, string]>([
    ['a byte more', () => new Response(' '.repeat(262_145)), 'is larger than 262144 bytes'],
    ['no body', () => new Response(null), 'is not JSON, or was cut short'],
    ['half of its text', () => new Response('{"keys":[{"kid":"<'), 'is not JSON, or was cut short'],
    ['a page behind blanks', () => new Response(' \n<html>'), 'was answered with a web page'],
    ['a status of success without a set', () => new Response('x', { status: 201 }), 'status 201'],
    ...[301, 302, 303, 307, 308].map((status): [string, () => Response, string] => [
      `status ${String(status)}`,
      () => new Response(null, { status }),
      'redirect, which is not followed',
    ]),
    [
      'an opaque redirect',
      () => Object.defineProperty(json({ keys: [A] }), 'type', { value: 'opaqueredirect' }),
      'redirect, which is not followed',
    ],
  ])('with %s is refused', async (_, answer, problem) => {
    const said = await problemOf(read(answer));
    expect(said).toMatch(/^unavailable: the JWKS /);
    expect(said).toContain(problem);
  });

  const no = 'unavailable: the JSON is not a JWKS: it has no list "keys"';
  it.each<[string, unknown, string]>([
    ['null', null, no],
    ['a bare list', [A], no],
    ['keys that are not a list', { keys: { length: 1, 0: A } }, no],
    ['101 keys', { keys: Array(101).fill(A) }, 'unavailable: the JWKS holds more than 100 keys'],
  ])('with %s is not a set', async (_, body, problem) => {
    expect(await problemOf(read(() => json(body)))).toBe(problem);
  });

  it.each<[string, (answer: Response) => unknown]>([
    ['copied and not read', (answer) => answer.clone()],
    ['read', (answer) => answer.text()],
  ])('that is refused ends the request, although who watches fetch has it %s', async (_, watch) => {
    const reading = read(async () => {
      const answer = new Response('down', { status: 502 });
      await watch(answer);
      return answer;
    });
    expect(await problemOf(reading)).toContain('answered with status 502');
  });

  it('that is refused is not read to its end', async () => {
    let cancelled = false;
    let left = 9;
    const body = new ReadableStream({
      pull: (controller) =>
        left-- > 0 ? controller.enqueue(new Uint8Array(9)) : controller.close(),
      cancel: () => void (cancelled = true),
    });
    await problemOf(read(() => new Response(body, { status: 500 })));
    expect(cancelled).toBe(true);
  });

  it.each<[string | undefined, number]>([
    ['max-age=60', 60_000],
    ['public, MAX-AGE=60', 60_000],
    ['public,max-age=0', 0],
    ['s-maxage=5, max-age=60', 60_000],
    ['x-max-age=60', 0],
    ['max-age=later', 0],
    ['no-store', 0],
    [undefined, 0],
  ])('with Cache-Control %s is current for %i ms', async (value, ms) => {
    const headers: Record<string, string> = value === undefined ? {} : { 'cache-control': value };
    expect((await read(() => json({ keys: [] }, headers))).maxAgeMs).toBe(ms);
  });
});

describe('an answer that does not come', () => {
  const failure = (own?: unknown, cause?: unknown) =>
    problemOf(
      read(() => {
        throw Object.assign(new Error('of the issuer'), {
          code: own,
          cause: cause === undefined ? undefined : { code: cause },
        });
      }),
    );
  const unresolved = 'the host of jwks.url cannot be resolved';
  const tls = 'TLS failed: for a CA of your own set NODE_EXTRA_CA_CERTS, or give jwks.fetch';
  const broken = 'the connection broke before the JWKS was whole';
  const late = 'the issuer did not take the connection in time';
  const unknown = 'the JWKS cannot be fetched';

  it.each([
    ['ENOTFOUND', unresolved],
    ['EAI_AGAIN', unresolved],
    ['EAI_FAIL', unresolved],
    ['ECONNREFUSED', 'nothing listens at jwks.url: the connection was refused'],
    ['CERT_HAS_EXPIRED', tls],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', tls],
    ['UNABLE_TO_GET_ISSUER_CERT', tls],
    ['EPROTO', tls],
    ['ERR_SSL_WRONG_VERSION_NUMBER', tls],
    ['ECONNRESET', broken],
    ['EPIPE', broken],
    ['UND_ERR_SOCKET', broken],
    ['UND_ERR_CONNECT_TIMEOUT', late],
    ['ETIMEDOUT', late],
    // a code that only holds one of them
    ['X_ENOTFOUND', unknown],
    ['ENOTFOUND_X', unknown],
    ['X_ECONNREFUSED', unknown],
    ['ECONNREFUSED_X', unknown],
    ['X_EPROTO', unknown],
    ['EPROTO_X', unknown],
    ['X_ECONNRESET', unknown],
    ['ECONNRESET_X', unknown],
    ['X_ETIMEDOUT', unknown],
    ['ETIMEDOUT_X', unknown],
  ])('%s: %s', async (code, problem) => {
    expect(await failure(undefined, code)).toBe(`unavailable: ${problem} (${code})`);
  });

  it.each<[string, unknown, unknown, string]>([
    ['its own code, without a cause', 'EPIPE', undefined, `${broken} (EPIPE)`],
    ['its own code, if the cause has none', 'EPIPE', 7, `${broken} (EPIPE)`],
    ['the code of the cause first', 'EPIPE', 'ENOTFOUND', `${unresolved} (ENOTFOUND)`],
    ['no code', undefined, undefined, unknown],
    ['a number for a code', 7, undefined, unknown],
    ['64 characters of a long code', 'X'.repeat(65), undefined, `${unknown} (${'X'.repeat(64)})`],
  ])('names %s', async (_, own, cause, problem) => {
    expect(await failure(own, cause)).toBe(`unavailable: ${problem}`);
  });

  it('within the deadline says so', async () => {
    const hanging = ({ signal }: RequestInit) =>
      new Promise<Response>((_, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('aborted')));
      });
    expect(await problemOf(read(hanging, { deadlineMs: 1 }))).toBe(
      'unavailable: the JWKS did not come within 1 ms',
    );
  });
});

describe('the keys of a set', () => {
  const named = ({ kid, algorithm }: { kid: string; algorithm: string }) => `${kid} ${algorithm}`;

  it('are those that verify here; the others are named, encryption keys are passed over', async () => {
    const { keys, leftOut, otherAlgorithms } = await setOf([
      A,
      { ...ec(), kid: 'e', use: 'enc' },
      { ...ec('P-521'), kid: 'other', alg: 'ES512' },
      { ...ec('P-521'), kid: 'other too', alg: 'ES512' },
      { ...ec(), alg: 'ES256' },
      { ...ec(), kid: 'k'.repeat(65), alg: 'none' },
      null,
      'x',
    ]);
    expect(keys.map(named)).toEqual(['a ES256']);
    expect(leftOut).toEqual([
      expect.stringMatching(/^key 4: has no "kid"/),
      expect.stringMatching(/^key "k{64}": has no "alg"/),
      'key 6: must be a JWK object',
      'key 7: must be a JWK object',
    ]);
    expect(otherAlgorithms).toEqual(['ES512']);
  });

  const twice = { ...rsa, kid: 'twice', alg: 'RS256' };
  const NEITHER = 'key "twice": two keys have this kid, so neither is used';
  it.each<[string, readonly unknown[], readonly string[], readonly string[]]>([
    ['the same key twice', [twice, twice], ['twice RS256'], []],
    ['one key for two algorithms', [twice, { ...twice, alg: 'PS256' }], [], [NEITHER]],
    [
      'two keys',
      [
        { ...A, kid: 'twice' },
        { ...A, ...ec(), kid: 'twice' },
      ],
      [],
      [NEITHER],
    ],
    ['three keys', [twice, { ...A, kid: 'twice' }, twice], [], [NEITHER, NEITHER]],
  ])('with %s under one kid', async (_, given, usable, leftOut) => {
    const read = await setOf(given);
    expect([read.keys.map(named), read.leftOut]).toEqual([usable, leftOut]);
  });
});

describe('a key without "alg"', () => {
  const first = { keysWithoutAlg: 'first_that_fits' } as const;
  it.each<[string, JsonWebKey, Asked, readonly string[]]>([
    ['is left out', ec(), {}, []],
    ['has the first that fits an RSA key', rsa, first, ['RS256']],
    ['has the first that fits its curve', ec('P-384'), first, ['ES384']],
    [
      'has the first in the order of the list',
      rsa,
      { ...first, algorithms: ['PS256', 'RS256'] },
      ['PS256'],
    ],
    ['is left out where none fits', ec('P-521'), first, []],
    ['is left out where its kind only has such a curve', { ...ec(), kty: 'OKP' }, first, []],
    [
      'is left out where only keys of the other kind fit',
      rsa,
      { ...first, algorithms: ['ES256'] },
      [],
    ],
    ['keeps the one that it names', { ...rsa, alg: 'PS256' }, first, ['PS256']],
  ])('%s', async (_, key, asked, algorithms) => {
    const { keys, leftOut } = await setOf([{ ...key, kid: 'k' }], asked);
    expect(keys.map(({ algorithm }) => algorithm)).toEqual(algorithms);
    expect(leftOut).toEqual(
      algorithms.length > 0 ? [] : [expect.stringMatching(/^key "k": has no "alg"/)],
    );
  });
});
