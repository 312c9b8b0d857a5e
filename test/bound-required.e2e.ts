import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AuthService } from '@tokenward/nestjs';
import {
  type BoundHosts,
  boundHosts,
  cookiesAt,
  PASSWORD,
  REQUIRED,
} from './support/bound-hosts.js';
import { challengeOf, DeviceAgent, registrationOf } from './support/device.js';
import { people } from './support/host-app.js';
import type { HttpAnswer, HttpClient } from './support/http.js';
import { REFUSED, refusalOf, STAGE_TIMEOUT_MS } from './support/stage.js';

const EMAIL = 'required@example.com';
const ADMIN = 'admin@example.com';

type Hosts = BoundHosts<'express' | 'fastify' | 'offering' | 'hasty' | 'prefixed'>;
let hosts: Hosts['hosts'];
let database: Hosts['database'];
let clock: Hosts['clock'];
let row: Hosts['row'];
let close: Hosts['close'];
beforeAll(async () => {
  ({ hosts, database, clock, row, close } = await boundHosts(
    {
      express: { deviceBound: 'require', dpop: { mode: 'offer', bind: 'refresh' } },
      fastify: { deviceBound: 'require', adapter: 'fastify' },
      offering: { deviceBound: 'offer', adapter: 'fastify' },
      hasty: { deviceBound: 'offer', deadline: '2s' },
      prefixed: {
        deviceBound: 'offer',
        boundAccessTtl: '4m',
        globalPrefix: 'api/v1',
        cookies: {
          prefix: '__Secure-',
          domain: 'example.com',
          sameSite: 'strict',
          accessPath: '/api',
        },
      },
    },
    { [EMAIL]: 'user', [ADMIN]: 'admin' },
  ));
}, STAGE_TIMEOUT_MS);
afterAll(() => close());

const logIn = (client: HttpClient, transport = 'cookie'): Promise<HttpAnswer> =>
  client.post('/auth/login', { email: EMAIL, password: PASSWORD, transport });
const bound = (answer: HttpAnswer) => [answer.status, answer.text, answer.setCookies];
const NEEDS_KEY = [403, REQUIRED, []];

const idOf = async (mail: string) =>
  (await database.db.select().from(people)).find((each) => each.mail === mail)?.ref ?? '';
/** The database's clock is its own. */
const makeOlder = (id: unknown, seconds: number) =>
  database.pool.query(
    `update auth_sessions set created_at = created_at - $2 * interval '1 second', register_by = register_by - $2 * interval '1 second' where id = $1`,
    [id, seconds],
  );

describe.each(['express', 'fastify'] as const)('where a key is required, on %s', (adapter) => {
  let client: HttpClient;
  let login: HttpAnswer;
  beforeEach(async () => {
    client = hosts[adapter].client();
    login = await logIn(client);
    expect(login.status).toBe(200);
  });

  // T-brq1
  it('a cookie session opens no route until its browser has registered a key', async () => {
    expect(login.json()).toMatchObject({ tokenType: 'Bearer', expiresIn: 60 });
    const { id } = (await row()) ?? {};
    for (const path of ['/who', '/who/maybe', '/auth/me', '/auth/sessions'])
      expect([path, ...bound(await client.get(path))]).toEqual([path, ...NEEDS_KEY]);
    expect(bound(await client.post('/auth/refresh'))).toEqual(NEEDS_KEY);
    expect(bound(await client.post('/auth/logout-all'))).toEqual(NEEDS_KEY);
    expect(bound(await client.delete(`/auth/sessions/${String(id)}`))).toEqual(NEEDS_KEY);
    const passwords = { currentPassword: PASSWORD, newPassword: `${PASSWORD} too` };
    expect(bound(await client.post('/auth/password', passwords))).toEqual(NEEDS_KEY);
    expect(bound(await client.post('/auth/reauthenticate', { password: PASSWORD }))).toEqual(
      NEEDS_KEY,
    );
    expect(await row()).toMatchObject({ bound_kind: null, generation: 1, ended_at: null });

    const pending = client.copy();
    const agent = new DeviceAgent(client);
    expect((await agent.register(login)).status).toBe(200);
    expect((await client.get('/who')).status).toBe(200);
    expect((await client.get('/auth/me')).json()).toMatchObject({ bound: 'dbsc' });
    expect(bound(await pending.get('/who'))).toEqual(NEEDS_KEY);
    expect(await row()).toMatchObject({ bound_kind: 'dbsc', register_by: null });
    await makeOlder(id, 61);
    expect((await agent.refresh()).status).toBe(200);
  });

  // T-brq2
  it('it ends after 60 seconds, and is then refused', async () => {
    const { id } = (await row()) ?? {};
    await makeOlder(id, 59);
    expect(bound(await client.post('/auth/refresh'))).toEqual(NEEDS_KEY);
    await makeOlder(id, 2);
    const agent = new DeviceAgent(client.copy());
    const late = await agent.register(login);
    expect([refusalOf(late), late.headers['secure-session-challenge']]).toEqual([
      REFUSED,
      undefined,
    ]);
    expect(refusalOf(await client.copy().post('/auth/refresh'))).toEqual(REFUSED);
    expect(await row()).toMatchObject({ bound_kind: null });
    clock.advance('91s');
    expect(refusalOf(await client.get('/who'))).toEqual(REFUSED);
  });

  it('a revoked session is 401 there as well, and signing out works', async () => {
    const copy = client.copy();
    expect((await client.post('/auth/logout')).status).toBe(204);
    expect(refusalOf(await copy.get('/who'))).toEqual(REFUSED);
    expect((await new DeviceAgent(copy).register(login)).status).toBe(401);
  });

  // T-brq3
  it.each([{}, { actor: ADMIN }])(
    'a session that the host opens needs a key, too: %j',
    async ({ actor }) => {
      const options = { secondFactor: 'satisfied', transport: 'cookie' } as const;
      const { grant } = await hosts[adapter].app.get(AuthService).openSession(await idOf(EMAIL), {
        ...options,
        ...(actor && { actor: { id: await idOf(actor) } }),
      });
      const { accessToken, registrationChallenge } = grant;
      expect(registrationChallenge).toHaveLength(52);
      const headers = { authorization: `Bearer ${accessToken}` };
      expect(bound(await hosts[adapter].client().get('/who', { headers }))).toEqual(NEEDS_KEY);
    },
  );
});

describe('where a key is required, the other transports', () => {
  // T-brq4
  it.each([
    ['express', 'hybrid'],
    ['express', 'bearer'],
    ['fastify', 'hybrid'],
    ['fastify', 'bearer'],
  ] as const)('on %s: %s is refused without a proof (DPoP)', async (adapter, transport) => {
    const before = (await row())?.['id'];
    expect(bound(await logIn(hosts[adapter].client(), transport))).toEqual(NEEDS_KEY);
    expect((await row())?.['id']).toBe(before);
  });

  it('are open to a key that was proved, where proofs are checked', async () => {
    const opening = {
      secondFactor: 'satisfied',
      transport: 'bearer',
      client: { provedKey: 'k'.repeat(43) },
    } as const;
    const [user, unchecked] = [await idOf(EMAIL), hosts.fastify.app.get(AuthService)];
    await expect(unchecked.openSession(user, opening)).rejects.toMatchObject({
      code: 'device_required',
    });
    const { grant } = await hosts.express.app.get(AuthService).openSession(user, opening);
    expect(grant).toMatchObject({ transport: 'bearer', accessExpiresInSeconds: 900 });
    expect(await row()).toMatchObject({ bound_kind: 'dpop', register_by: null });
  });

  it('a session that was opened before stays valid', async () => {
    const client = hosts.offering.client();
    await logIn(client);
    const later = cookiesAt(hosts.fastify, client);
    expect((await later.get('/who')).status).toBe(200);
    expect((await later.post('/auth/refresh')).status).toBe(200);
  });
});

describe('whoever copied the cookies of a browser that has not registered', () => {
  // T-brq5
  it.each(['offering', 'express'] as const)(
    'cannot register a key: no challenge that works is given but with the login (%s)',
    async (name) => {
      const client = hosts[name].client();
      const login = await logIn(client);
      const thief = new DeviceAgent(client.copy());
      const elsewhere = registrationOf(await logIn(hosts[name].client()));
      let challenge: string | undefined = elsewhere.challenge;
      for (const given of [undefined, challenge, 'given', 'given']) {
        const jti: string | undefined = given === 'given' ? challenge : given;
        const proof: string | undefined =
          jti === undefined ? undefined : thief.proof(jti, { header: { jwk: thief.jwk } });
        const answer: HttpAnswer = await thief.send('/auth/device', proof);
        expect(bound(answer)).toEqual(NEEDS_KEY);
        challenge = challengeOf(answer);
        expect(challenge).toHaveLength(52);
      }
      const { challenge: mine } = registrationOf(login);
      const spoilt = thief.proof(mine, { header: { typ: 'jwt' } });
      const owner = new DeviceAgent(client);
      const next = challengeOf(await owner.send('/auth/device', spoilt));
      const proof = owner.proof(next, { header: { jwk: owner.jwk } });
      expect((await owner.send('/auth/device', proof)).status).toBe(200);
    },
  );

  // T-brq6
  it('a challenge that is five minutes old is exchanged for another', async () => {
    const client = hosts.offering.client();
    const login = await logIn(client);
    clock.advance('301s');
    const agent = new DeviceAgent(client);
    const stale = await agent.register(login);
    expect(bound(stale)).toEqual(NEEDS_KEY);
    const proof = agent.proof(challengeOf(stale), { header: { jwk: agent.jwk } });
    expect((await agent.send('/auth/device', proof)).status).toBe(200);
  });
});

describe('while the database does not answer', () => {
  // T-brq9
  it('registration and refresh are 503 and change no cookie, so the browser keeps the session', async () => {
    const [bound, fresh] = [hosts.hasty.client(), hosts.hasty.client()];
    const agent = new DeviceAgent(bound);
    await agent.register(await logIn(bound));
    const proof = agent.proof(await agent.challenge());
    const [late, login] = [new DeviceAgent(fresh), await logIn(fresh)];
    const held = await database.pool.connect();
    await held.query('begin');
    await held.query('lock table auth_sessions in access exclusive mode');
    const answers = await Promise.all([
      agent.send('/auth/device/refresh'),
      agent.send('/auth/device/refresh', proof),
      late.register(login),
    ]);
    await held.query('rollback');
    held.release();
    for (const { status, headers, setCookies } of answers)
      expect([status, headers['secure-session-challenge'], setCookies]).toEqual([
        503,
        undefined,
        [],
      ]);
    expect((await agent.refresh()).status).toBe(200);
    expect((await late.register(login)).status).toBe(200);
  });
});

describe('behind a global prefix, with cookies of other names and attributes', () => {
  // T-brq7
  it('browsers are told the paths that they see, and the attributes that the cookie has', async () => {
    const client = hosts.prefixed.client();
    const at = '/api/v1/auth';
    const login = await client.post(`${at}/login`, { email: EMAIL, password: PASSWORD });
    expect(registrationOf(login).path).toBe(`${at}/device`);
    const agent = new DeviceAgent(client);
    const proof = agent.proof(registrationOf(login).challenge, { header: { jwk: agent.jwk } });
    const answer = await agent.send(`${at}/device`, proof);
    const [, value = '', attributes] =
      /^__Secure-access_token=([^;]+); Max-Age=240; (.*)$/.exec(answer.setCookies[0] ?? '') ?? [];
    expect(attributes).toBe('Domain=example.com; Path=/api; HttpOnly; Secure; SameSite=Strict');
    expect(answer.json()).toEqual({
      session_identifier: (await row())?.['id'],
      refresh_url: `${at}/device/refresh`,
      scope: { include_site: false, scope_specification: [] },
      credentials: [{ type: 'cookie', name: '__Secure-access_token', attributes }],
    });
    const who = { headers: { cookie: `__Secure-access_token=${value}` } };
    expect((await hosts.prefixed.client().get('/api/v1/who/bound', who)).json()).toEqual({
      bound: 'dbsc',
    });
    const challenge = challengeOf(await agent.send(`${at}/device/refresh`));
    const renewed = await agent.send(`${at}/device/refresh`, agent.proof(challenge));
    expect(renewed.json()).toEqual(answer.json());
    expect(renewed.setCookies[0]).toMatch(
      /^__Secure-access_token=[^;]+; Max-Age=240; Domain=example\.com; Path=\/api; HttpOnly; Secure; SameSite=Strict$/,
    );
  });
});
