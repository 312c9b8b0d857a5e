import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  AuthModule,
  AuthService,
  CurrentUser,
  JwtAuthGuard,
  PasswordHasher,
  type Principal,
} from '@tokenward/nestjs';
import type { OpeningSession, SessionLimits } from '@tokenward/nestjs/options';
import { z } from 'zod';
import {
  hostDatabase,
  type HostApp,
  type HostDatabase,
  hostOptions,
  people,
  startHost,
} from './support/host-app.js';
import type { HttpClient } from './support/http.js';

const PASSWORD = 'a long enough passphrase';

@Controller()
class Things {
  @Get('claims')
  @UseGuards(JwtAuthGuard)
  claims(@CurrentUser() { claims }: Principal) {
    return claims;
  }
}

/** `sessions.claims` and `sessions.limits`. */
describe('what a host says of a session when it opens', () => {
  let database: HostDatabase;
  let host: HostApp;
  let auth: AuthService;
  let extra: Record<string, unknown>;
  let kept: Record<string, unknown>;
  let limits: (opening: OpeningSession) => SessionLimits | Promise<SessionLimits>;
  const openings: OpeningSession[] = [];
  let count = 0;

  beforeAll(async () => {
    database = await hostDatabase();
    const options = hostOptions(database, {
      accessToken: {
        claims: () => extra,
        claimsSchema: z.looseObject({ tenant: z.string().max(4000).optional() }),
      },
      refreshToken: { ttl: '10d', rememberMeTtl: '20d', absoluteTtl: '30d' },
      sessions: {
        claims: (opening) => (openings.push(opening), kept),
        limits: (opening) => limits(opening),
      },
      storeDeadline: '1s',
    });
    @Module({ imports: [AuthModule.forRoot(options)], controllers: [Things] })
    class Host {}
    host = await startHost(Host);
    auth = host.app.get(AuthService, { strict: false });
  });
  beforeEach(() => {
    [extra, kept] = [{}, {}];
    limits = () => ({});
    openings.length = 0;
  });
  afterAll(async () => {
    await host.close();
    await database.drop();
  });

  async function person(kind = 'member'): Promise<{ id: string; mail: string }> {
    const mail = `p${String(++count)}@example.com`;
    const secret = await host.app.get(PasswordHasher, { strict: false }).hash(PASSWORD);
    const [made] = await database.db.insert(people).values({ mail, secret, kind }).returning();
    return { id: made?.ref ?? '', mail };
  }

  const signIn = async (mail: string, more: object = {}, headers: Record<string, string> = {}) => {
    const client = host.client();
    const body = { email: mail, password: PASSWORD, ...more };
    return { client, answer: await client.post('/auth/login', body, { headers }) };
  };

  const claimsOf = async (client: HttpClient) => (await client.get('/claims')).json();
  const withToken = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

  // T-6d5v
  it('claims of a login stay with the session: each token has them, whatever the hook says by then', async () => {
    const { id, mail } = await person();
    kept = { till: 7, shop: { id: 'north' }, none: undefined, odd: '\0\ud800' };
    extra = { tenant: 'acme', till: 'of the claims hook' };
    const { client } = await signIn(mail);
    expect(openings).toEqual([
      {
        ...{ userId: id, role: 'member', permissions: [], amr: ['pwd'], rememberMe: false },
        ...{ transport: 'cookie', ip: '127.0.0.1', userAgent: undefined, tenant: undefined },
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
  it('claims of openSession go before those of the login hook', async () => {
    const { id } = await person();
    kept = { till: 7, floor: 1 };
    const { grant } = await auth.openSession(id, {
      ...{ transport: 'bearer', secondFactor: 'satisfied', claims: { till: 9 } },
    });
    const { accessToken, refreshToken } = grant;
    const read = async (token: string) => (await host.client().get('/claims', withToken(token))).json();
    expect(await read(accessToken)).toEqual({ till: 9, floor: 1 });
    const refreshed = await host.client().post('/auth/refresh', { refreshToken });
    expect(await read(refreshed.json<{ accessToken: string }>().accessToken)).toEqual({ till: 9, floor: 1 });
    const renewed = await auth.renewProof(grant.sessionId, ['otp']);
    expect(await read(renewed.accessToken)).toEqual({ till: 9, floor: 1 });
    const { grant: other } = await auth.openSession(id, { transport: 'bearer', secondFactor: 'satisfied' });
    expect(await read(other.accessToken)).toEqual({ till: 7, floor: 1 });
  });

  it.each<[string, Record<string, unknown>]>([
    ['a name that Tokenward writes', { sub: 'somebody else' }],
    ['a secret by its name', { till: { password: 'x' } }],
    ['what the schema refuses', { tenant: 7 }],
    ['more than a cookie holds', { till: 'x'.repeat(3900) }],
    ['what JSON cannot hold', { till: 1n }],
  ])('claims for a session with %s open nothing', async (_, bad) => {
    const { id, mail } = await person();
    kept = bad;
    expect((await signIn(mail)).answer.status).toBe(500);
    kept = {};
    await expect(auth.openSession(id, { claims: bad })).rejects.toMatchObject({ code: 'internal' });
    expect(await auth.sessions(id)).toEqual([]);
  });

  // T-cp5w
  it('limits by role and client hold from the first token on, through every refresh', async () => {
    limits = ({ role, userAgent }) =>
      userAgent === 'kiosk'
        ? { accessTtl: '1m', idleTtl: '10m', absoluteTtl: '8h' }
        : { ...(role === 'guest' && { maxPerUser: 1 }) };
    const { id, mail } = await person();
    const { client, answer } = await signIn(mail, { rememberMe: true }, { 'user-agent': 'kiosk' });
    const maxAges = (lines: readonly string[]) =>
      lines
        .filter((line) => /^(?:access|refresh)_/.test(line))
        .map((line) => /Max-Age=(\d+)/.exec(line)?.[1]);
    expect([answer.json()['expiresIn'], maxAges(answer.setCookies)]).toEqual([60, ['60', '600']]);
    const refreshed = await client.post('/auth/refresh');
    expect([refreshed.json()['expiresIn'], maxAges(refreshed.setCookies)]).toEqual([60, ['60', '600']]);
    const again = await client.post('/auth/reauthenticate', { password: PASSWORD });
    expect([again.json()['expiresIn'], maxAges(again.setCookies)]).toEqual([60, ['60', '600']]);
    const [session] = await auth.sessions(id);
    const span = Number(session?.absoluteExpiresAt) - Number(session?.createdAt);
    expect(span).toBe(8 * 3_600_000);

    const other = await signIn(mail, { rememberMe: true });
    expect([other.answer.json()['expiresIn'], maxAges(other.answer.setCookies)]).toEqual([
      900,
      ['900', String(20 * 86_400)],
    ]);
    expect(await auth.sessions(id)).toHaveLength(2);

    const guest = await person('guest');
    const first = await signIn(guest.mail);
    const second = await signIn(guest.mail);
    expect((await first.client.get('/auth/me')).status).toBe(401);
    expect((await second.client.get('/auth/me')).status).toBe(200);
  });

  // T-bhvx
  it.each<[string, number, () => SessionLimits | Promise<SessionLimits>]>([
    ['fails', 503, () => Promise.reject(new Error('the directory of plans is down'))],
    [
      'throws',
      503,
      () => {
        throw new Error('the directory of plans is down');
      },
    ],
    ['does not answer', 503, () => new Promise<SessionLimits>(() => undefined)],
    ['answers nothing', 500, () => undefined as unknown as SessionLimits],
    ['answers what is no limit', 500, () => ({ idle: '5m' }) as SessionLimits],
    ['allows no session', 500, () => ({ maxPerUser: 0 })],
    ['is longer than accessToken.ttl', 500, () => ({ accessTtl: '16m' })],
    ['is longer than refreshToken.rememberMeTtl', 500, () => ({ idleTtl: '21d' })],
    ['is longer than refreshToken.absoluteTtl', 500, () => ({ absoluteTtl: '31d' })],
    ['is no duration', 500, () => ({ accessTtl: 'soon' as '1m' })],
  ])('a limit that %s opens nothing: %i', async (_, status, answer) => {
    const { id, mail } = await person();
    limits = answer;
    const refused = (await signIn(mail)).answer;
    expect([refused.status, refused.setCookies]).toEqual([status, []]);
    expect(refused.headers['retry-after']).toBe(status === 503 ? '1' : undefined);
    expect(refused.text).not.toContain('plans');
    expect(await auth.sessions(id)).toEqual([]);
  });
});
