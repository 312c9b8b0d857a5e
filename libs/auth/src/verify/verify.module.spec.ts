import { generateKeyPairSync, type JsonWebKey, sign } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AuthenticateFlow } from './authenticate.js';
import { HandClock } from './keys/hand-clock.fixture.js';
import { RevocationChecker } from './revocation/revocation-checker.service.js';
import { ResourceServerModule } from './verify.module.js';
import { jwkMembers } from './keys/jwk-members.js';

const T0 = 1_800_000_000;
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk: JsonWebKey = { ...jwkMembers(publicKey), kid: 'k', alg: 'ES256', use: 'sig' };

function token(claims: Readonly<Record<string, unknown>> = {}): string {
  const times = { iat: T0, nbf: T0, exp: T0 + 900 };
  const names = { iss: 'shop', aud: 'api', sub: 'u', sid: 's', jti: 'j', tokenVersion: 1 };
  const parts = [
    { alg: 'ES256', typ: 'at+jwt', kid: 'k' },
    { ...names, ...times, ...claims },
  ];
  const input = parts
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(input), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  return `${input}.${signature.toString('base64url')}`;
}

async function service(clock: HandClock, answer: () => Response, changes: object = {}) {
  const jwks = { url: 'https://shop.example/.well-known/jwks.json', fetch: async () => answer() };
  const module = await Test.createTestingModule({
    imports: [
      ResourceServerModule.forRoot({ issuer: 'shop', audience: 'api', jwks, clock, ...changes }),
    ],
  }).compile();
  await module.init();
  const flow = module.get(AuthenticateFlow);
  const code = async (value: string) => {
    try {
      return (await flow.authenticate({ kind: 'token', value, source: 'bearer' })).id;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  return { module, code, close: () => module.close() };
}

describe('a service that only verifies', () => {
  const said: string[] = [];
  beforeEach(() => {
    for (const level of ['log', 'warn'] as const)
      jest
        .spyOn(Logger.prototype, level)
        .mockImplementation((line: unknown) => void said.push(String(line)));
  });
  afterEach(() => {
    jest.restoreAllMocks();
    said.length = 0;
  });

  it('needs only issuer, audience and URL for any signing algorithm, and fetches keys with its fetch option', async () => {
    const { code, close } = await service(
      new HandClock(T0),
      () => new Response(JSON.stringify({ keys: [jwk] })),
    );
    expect(await code(token())).toBe('u');
    await close();
  });

  it('answers 503 before the first key set arrives, and 401 when the issuer has no key', async () => {
    const down = await service(new HandClock(T0), () => new Response('', { status: 502 }));
    expect(await down.code(token())).toBe('unavailable');
    const empty = await service(new HandClock(T0), () => new Response('{"keys":[]}'));
    expect(await empty.code(token())).toBe('authentication_failed');
    await Promise.all([down.close(), empty.close()]);
  });

  it.each<[string, string, object, number]>([
    ['once in production', 'production', {}, 1],
    ['not where it is set', 'production', { origin: 'https://orders.example' }, 0],
    ['not where no proof is taken', 'production', { withoutRedis: 'refuse' }, 0],
    ['not while developing', 'test', {}, 0],
  ])('names a missing dpop.origin at boot: %s', async (_, environment, dpop, lines) => {
    const former = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = environment;
    const { close } = await service(new HandClock(T0), () => new Response('{"keys":[]}'), {
      dpop: { withoutRedis: 'nonce', ...dpop },
    });
    expect(said.filter((line) => line.startsWith('dpop.origin'))).toHaveLength(lines);
    process.env['NODE_ENV'] = former;
    await close();
  });

  // T-7gzd
  it('cannot check revocations without redis: strict is 503 on a route, and stops the boot as the mode', async () => {
    const { module, close } = await service(
      new HandClock(T0),
      () => new Response(JSON.stringify({ keys: [jwk] })),
    );
    const checker = module.get(RevocationChecker, { strict: false });
    const asked = {
      subject: 'u',
      tokenVersion: 1,
      issuedAt: T0,
      tokenId: 't',
      sessionId: 's',
      keyId: 'k',
    };
    expect(checker.check(asked)).toBe('live');
    expect(() => checker.check(asked, { revocationMode: 'strict' })).toThrow(
      expect.objectContaining({ reason: 'unavailable' }),
    );
    await close();
    const strict = service(new HandClock(T0), () => new Response('{"keys":[]}'), {
      revocation: { mode: 'strict' },
    });
    await expect(strict).rejects.toThrow(
      'revocation.mode: is strict, and without redis nobody can be asked',
    );
  });

  it('logs why it refused, one line per reason and minute', async () => {
    const clock = new HandClock(T0);
    const { code, close } = await service(
      clock,
      () => new Response(JSON.stringify({ keys: [jwk] })),
    );
    for (let n = 0; n < 50; n += 1) await code(token({ iss: 'other' }));
    await code(token({ exp: T0 - 100, iat: T0 - 200, nbf: T0 - 200 }));
    const refusals = () => said.filter((line) => line.startsWith('a token was refused'));
    expect(refusals()).toEqual([
      'a token was refused: issuer_mismatch',
      'a token was refused: expired',
    ]);
    clock.seconds += 60;
    await code(token({ iss: 'other' }));
    expect(refusals()[2]).toBe(
      'a token was refused: issuer_mismatch (and 49 more since the last such line)',
    );
    await close();
  });
});
