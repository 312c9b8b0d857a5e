import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuthService } from '@tokenward/nestjs';
import type { AuthEvent } from '@tokenward/nestjs/observe';
import type { OpeningSession } from '@tokenward/nestjs/options';
import { z } from 'zod';
import {
  addPerson,
  ClaimsController,
  HOST_PASSWORD as PASSWORD,
  hostDatabase,
  type HostApp,
  type HostDatabase,
  hostOptions,
  hostWith,
  signInAt,
} from './support/host-app.js';
import type { HttpClient } from './support/http.js';
import { bearer } from './support/stage.js';

type Answer = Record<string, unknown> | Promise<Record<string, unknown>>;

const NESTED = z.object({ shop: z.object({ id: z.string() }) });
const down = (): never => {
  throw new Error('the directory of plans is down');
};
const RULES = z.looseObject({ tenant: z.string().max(4000).optional() });

/** `sessions.claims`; test/session-limits.e2e.ts has `sessions.limits`. */
describe('what a host says of a session when it opens', () => {
  let database: HostDatabase;
  let host: HostApp;
  let auth: AuthService;
  let extra: Record<string, unknown>;
  let kept: Record<string, unknown>;
  let told: () => Answer;
  let keeps: () => Answer;
  let rules: z.ZodType;
  const openings: OpeningSession[] = [];
  const events: AuthEvent[] = [];

  beforeAll(async () => {
    database = await hostDatabase();
    // a deploy may change them
    const todays = {
      ...RULES['~standard'],
      validate: (value: unknown) => rules['~standard'].validate(value),
    };
    const options = hostOptions(database, {
      accessToken: { claims: () => told(), claimsSchema: { '~standard': todays } },
      sessions: {
        claims: (opening) => (openings.push(opening), keeps()),
      },
      storeDeadline: '1s',
      onEvent: (event) => void events.push(event),
    });
    const started = await hostWith(options, [ClaimsController]);
    [host, auth] = [started, started.auth];
  });
  beforeEach(() => {
    [extra, kept] = [{}, {}];
    [told, keeps, rules] = [() => extra, () => kept, RULES];
    openings.length = events.length = 0;
  });
  afterAll(async () => {
    await host.close();
    await database.drop();
  });

  const person = (kind = 'member') => addPerson(host, database, { kind });

  const signIn = (mail: string, more?: object, headers?: Record<string, string>) =>
    signInAt(host, mail, more, headers);

  const claimsOf = async (client: HttpClient) => (await client.get('/claims')).json();

  // T-6d5v
  it('claims of a login stay with the session: each token has them, whatever the hook returns later', async () => {
    const { id, mail } = await person();
    kept = { till: 7, shop: { id: 'north' }, none: undefined, odd: '\0\ud800' };
    extra = { tenant: 'acme', till: 'of the claims hook' };
    const { client } = await signIn(mail);
    expect(openings).toEqual([
      {
        userId: id,
        role: 'member',
        permissions: [],
        amr: ['pwd'],
        rememberMe: false,
        transport: 'cookie',
        ip: '127.0.0.1',
        userAgent: undefined,
        tenant: undefined,
      },
    ]);
    const expected = { tenant: 'acme', till: 7, shop: { id: 'north' }, odd: '\0\ud800' };
    expect(await claimsOf(client)).toEqual(expected);
    kept = { till: 8 };
    extra = { tenant: 'b' };
    expect((await client.post('/auth/refresh')).status).toBe(200);
    expect(await claimsOf(client)).toEqual({ ...expected, tenant: 'b' });
    const proof = { password: PASSWORD };
    expect((await client.post('/auth/reauthenticate', proof)).status).toBe(200);
    expect(await claimsOf(client)).toEqual({ ...expected, tenant: 'b' });
    const change = { currentPassword: PASSWORD, newPassword: 'another quiet river' };
    expect((await client.post('/auth/password', change)).status).toBe(200);
    expect(await claimsOf(client)).toEqual({ ...expected, tenant: 'b' });
    expect(openings).toHaveLength(1);
    // other sessions of the user have their own
    expect((await auth.sessions(id)).map(({ claims }) => claims)).toEqual([
      { till: 7, shop: { id: 'north' }, odd: '\0\ud800' },
    ]);
    expect((await client.get('/auth/sessions')).text).not.toContain('north');
  });

  // T-v5bk
  it('claims of openSession take precedence over those of the login hook', async () => {
    const { id } = await person();
    kept = { till: 7, floor: 1 };
    const { grant } = await auth.openSession(id, {
      transport: 'bearer',
      secondFactor: 'satisfied',
      claims: { till: 9 },
    });
    const { accessToken, refreshToken } = grant;
    const read = async (token: string) =>
      (await host.client().get('/claims', bearer(token))).json();
    expect(await read(accessToken)).toEqual({ till: 9, floor: 1 });
    const refreshed = await host.client().post('/auth/refresh', { refreshToken });
    expect(await read(refreshed.json<{ accessToken: string }>().accessToken)).toEqual({
      till: 9,
      floor: 1,
    });
    const renewed = await auth.renewProof(grant.sessionId, ['otp']);
    expect(await read(renewed.accessToken)).toEqual({ till: 9, floor: 1 });
    const { grant: other } = await auth.openSession(id, {
      transport: 'bearer',
      secondFactor: 'satisfied',
    });
    expect(await read(other.accessToken)).toEqual({ till: 7, floor: 1 });
  });

  it.each<[string, Record<string, unknown>]>([
    ['a name that Tokenward writes', { sub: 'somebody else' }],
    ['a secret by its name', { till: { password: 'x' } }],
    ['what the schema refuses', { tenant: 7 }],
    ['more than a cookie holds', { till: 'x'.repeat(3900) }],
    ['what JSON cannot hold', { till: 1n }],
  ])('claims for a session with %s open no session', async (_, bad) => {
    const { id, mail } = await person();
    kept = bad;
    expect((await signIn(mail)).answer.status).toBe(500);
    kept = {};
    await expect(auth.openSession(id, { claims: bad })).rejects.toMatchObject({ code: 'internal' });
    expect(await auth.sessions(id)).toEqual([]);
  });

  // T-hk5d
  it.each<[string, () => Answer]>([
    ['rejects', async () => down()],
    ['throws', down],
    ['does not answer', () => new Promise(() => undefined)],
  ])(
    'a claims function that %s is 503, opens no session and spends no token',
    async (_, failing) => {
      const { id, mail } = await person();
      const { client } = await signIn(mail);
      for (const fail of [() => (keeps = failing), () => (told = failing)]) {
        fail();
        const refused = (await signIn(mail)).answer;
        expect([refused.status, refused.setCookies, refused.headers['retry-after']]).toEqual([
          503,
          [],
          '1',
        ]);
        expect(refused.text).not.toContain('plans');
        expect(await auth.sessions(id)).toHaveLength(1);
        if (told === failing) expect((await client.post('/auth/refresh')).status).toBe(503);
        [told, keeps] = [() => extra, () => kept];
        expect((await client.post('/auth/refresh')).status).toBe(200);
      }
    },
  );

  // what a session keeps was judged by the rules of the day it was opened on
  // T-kc7d
  it.each<[string, Record<string, unknown>, Record<string, unknown>, z.ZodType, 200 | 401 | 500]>([
    ['of another type', { shop: 7 }, {}, z.looseObject({ shop: z.string() }), 401],
    [
      'that is not known any more',
      { shop: 'a' },
      {},
      z.strictObject({ till: z.number().optional() }),
      401,
    ],
    [
      'beside one of the hook',
      { shop: 'a' },
      { till: 1 },
      z.strictObject({ till: z.number() }),
      401,
    ],
    ['that is refused within', { shop: { id: 1 } }, {}, NESTED, 401],
    [
      'that the hook gives wrongly',
      { shop: 'a' },
      { till: 'x' },
      z.looseObject({ till: z.number() }),
      500,
    ],
    ['that the hook leaves out', { shop: 'a' }, {}, z.looseObject({ till: z.number() }), 500],
    ['that is still allowed', { shop: 'a' }, {}, z.strictObject({ shop: z.string() }), 200],
  ])(
    'after a deploy, a claim %s: the session ends, or nothing is spent',
    async (_, opened, says, now, status) => {
      const { id, mail } = await person();
      kept = opened;
      const [a, b] = [await signIn(mail), await signIn(mail)];
      [extra, rules] = [says, now];
      const answer = await a.client.post('/auth/refresh');
      expect(answer.status).toBe(status);
      const again = await a.client.post('/auth/reauthenticate', { password: PASSWORD });
      [extra, rules] = [{}, RULES];
      const left = status === 401 ? 1 : 2;
      expect(await auth.sessions(id)).toHaveLength(left);
      expect((await a.client.post('/auth/refresh')).status).toBe(status === 401 ? 401 : 200);
      expect((await b.client.post('/auth/refresh')).status).toBe(200);
      // a verifier has the same rules
      expect(again.status).toBe(status === 200 ? 200 : 401);
      expect(events.filter(({ type }) => type === 'session.ended')).toEqual(
        left === 2 ? [] : [expect.objectContaining({ userId: id, reason: 'unissuable' })],
      );
      expect(events.map(({ type }) => type)).not.toContain('refresh.reused');
    },
  );
});
