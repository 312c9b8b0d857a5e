import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PasswordHasher } from '@tokenward/nestjs';
import { AuthMetrics } from '@tokenward/nestjs/observe';
import {
  type BoundHosts,
  boundHosts,
  cookiesAt,
  PASSWORD,
  REQUIRED,
} from './support/bound-hosts.js';
import { challengeOf, DeviceAgent, registrationOf } from './support/device.js';
import { BAD_REFRESHES, BAD_REGISTRATIONS, type Scene } from './support/device-proofs.js';
import type { HttpAnswer, HttpClient } from './support/http.js';
import { claimsOf, REFUSED, refusalOf, STAGE_TIMEOUT_MS } from './support/stage.js';
import { until } from './support/until.js';

const EMAIL = 'bound@example.com';

type Hosts = BoundHosts<'express' | 'fastify'>;
let hosts: Hosts['hosts'];
let database: Hosts['database'];
let clock: Hosts['clock'];
let events: Hosts['events'];
let alerts: Hosts['alerts'];
let row: Hosts['row'];
let close: Hosts['close'];
beforeAll(async () => {
  const deviceBound = 'offer';
  ({ hosts, database, clock, events, alerts, row, close } = await boundHosts(
    { express: { deviceBound }, fastify: { deviceBound, adapter: 'fastify' } },
    { [EMAIL]: 'user' },
  ));
}, STAGE_TIMEOUT_MS);
afterAll(() => close());
beforeEach(() => void (events.length = alerts.length = 0));

const logIn = async (client: HttpClient, transport = 'cookie'): Promise<HttpAnswer> => {
  const body = { email: EMAIL, password: PASSWORD, transport };
  const answer = await client.post('/auth/login', body);
  expect(answer.status).toBe(200);
  return answer;
};

let client: HttpClient;
let agent: DeviceAgent;
let login: HttpAnswer;

/** Before each test somebody signs in with a browser that can bind its session. */
function signedInOn(adapter: 'express' | 'fastify'): void {
  beforeEach(async () => {
    client = hosts[adapter].client();
    agent = new DeviceAgent(client);
    login = await logIn(client);
  });
}

const onOther = (): HttpClient =>
  cookiesAt(hosts[client.baseUrl === hosts.express.url ? 'fastify' : 'express'], client);
const refusedWithChallenge = (answer: HttpAnswer): string => {
  expect([answer.status, answer.text, answer.setCookies]).toEqual([403, REQUIRED, []]);
  const challenge = challengeOf(answer);
  expect(challenge).toHaveLength(52);
  return challenge;
};
async function neighbour() {
  const another = hosts.express.client();
  const [other, otherLogin] = [new DeviceAgent(another), await logIn(another)];
  expect((await other.register(otherLogin)).status).toBe(200);
  events.length = 0;
  return { agent: other, login: otherLogin };
}
const scene = (): Scene => ({ client, agent, login, clock, elsewhere: onOther, neighbour });

describe.each(['express', 'fastify'] as const)('a session bound to a browser, on %s', (adapter) => {
  signedInOn(adapter);

  // T-zq92
  it('is offered at login, registered once, and answers with the attributes of its cookie', async () => {
    const { algorithms, path } = registrationOf(login);
    expect([algorithms, path]).toEqual([['ES256', 'RS256'], '/auth/device']);
    expect((await client.get('/who/bound')).text).toBe(REQUIRED);
    const generation = (await row())?.['generation'];

    const answer = await agent.register(login);
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store']);
    const [access, ...others] = answer.setCookies;
    const attributes = 'Path=/; HttpOnly; Secure; SameSite=Lax';
    expect(access?.replace(/^access_token=[^;]+; Max-Age=300; /, '')).toBe(attributes);
    expect(others).toEqual([expect.stringMatching(/^refresh_token=/)]);
    expect(answer.json()).toEqual({
      session_identifier: (await row())?.['id'],
      refresh_url: '/auth/device/refresh',
      scope: { include_site: false, scope_specification: [] },
      credentials: [{ type: 'cookie', name: 'access_token', attributes }],
    });

    // challenges are given for a refresh without a proof alone
    expect(answer.headers).not.toHaveProperty('secure-session-challenge');
    expect(claimsOf(client.jar.get('access_token') ?? '')).not.toHaveProperty('cnf');
    expect((await client.get('/who/bound')).json()).toEqual({ bound: 'dbsc' });
    const [session] = (await client.get('/auth/sessions')).json<Record<string, unknown>[]>();
    expect(session).toMatchObject({ bound: 'dbsc', current: true });
    expect(await row()).toMatchObject({ bound_kind: 'dbsc', generation });
    expect(events.map(({ type }) => type)).toContain('device.bound');

    const other = new DeviceAgent(client);
    const again = await other.register(login);
    expect([again.status, again.headers['secure-session-challenge']]).toEqual([403, undefined]);
    expect((await agent.refresh()).status).toBe(200);
  });

  // T-th5n
  it('gets a fresh access cookie for a proof, also by RSA, and two at once do not count as theft', async () => {
    agent = new DeviceAgent(client, 'RS256');
    expect((await agent.register(login)).status).toBe(200);
    client.jar.delete('access_token');
    const generation = (await row())?.['generation'];
    const challenges = [await agent.challenge(), await agent.challenge(onOther())];
    const answers = await Promise.all(
      challenges.map((each) => agent.send('/auth/device/refresh', agent.proof(each))),
    );
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(answer.setCookies[0]).toMatch(/^access_token=[^;]+; Max-Age=300;/);
    }
    expect((await client.get('/who/bound')).status).toBe(200);
    expect(await row()).toMatchObject({ generation, ended_at: null });
    expect(events.filter(({ severity }) => severity === 'high')).toEqual([]);
  });

  // T-m4cz
  it('is useless to somebody who copied the cookies', async () => {
    await agent.register(login);
    const thief = new DeviceAgent(client.copy());
    for (const proof of [undefined, thief.proof(await thief.challenge())])
      refusedWithChallenge(await thief.send('/auth/device/refresh', proof));
    expect(events.filter(({ type }) => type === 'device.refused')).toEqual([
      expect.objectContaining({ severity: 'high', sessionId: agent.sessionId }),
    ]);
    await until(() => alerts.some(({ type }) => type === 'device.refused'));
    expect(alerts.at(-1)).toMatchObject({ type: 'device.refused', sessionId: agent.sessionId });
    const measured = hosts[adapter].app.get(AuthMetrics).read();
    const counted =
      measured.find(({ metric }) => metric.name === 'tokenward.events')?.samples ?? [];
    expect(counted.map(({ attributes }) => attributes['type'])).toEqual(
      expect.arrayContaining(['device.bound', 'device.refused']),
    );
    const refresh = await thief.client.post('/auth/refresh');
    expect([refresh.status, refresh.text, refresh.setCookies]).toEqual([403, REQUIRED, []]);
    // the access cookie's end
    clock.advance('331s');
    expect(refusalOf(await thief.client.get('/who'))).toEqual(REFUSED);
    expect((await agent.refresh()).status).toBe(200);
    expect((await client.get('/who')).status).toBe(200);
    expect(events.map(({ type }) => type)).not.toContain('refresh.reused');
  });
});

describe('of bound sessions', () => {
  signedInOn('express');

  // T-xrgt
  it.each(BAD_REFRESHES)(
    'refuses a refresh with $name, and gives a new challenge',
    async ({ send, isSuspicious = false }) => {
      await agent.register(login);
      const next = refusedWithChallenge(await send(scene()));
      expect(events.some(({ type }) => type === 'device.refused')).toBe(isSuspicious);
      expect((await agent.send('/auth/device/refresh', agent.proof(next))).status).toBe(200);
    },
  );

  // T-jsmn
  it.each(BAD_REGISTRATIONS)(
    'refuses a registration with $name, and binds nothing',
    async ({ send }) => {
      const id = (await row())?.['id'];
      refusedWithChallenge(await send(scene()));
      const { rows } = await database.pool.query(
        'select bound_kind from auth_sessions where id = $1',
        [id],
      );
      expect(rows).toEqual([{ bound_kind: null }]);
      expect((await client.post('/auth/refresh')).status).toBe(200);
    },
  );

  // T-3qqn
  it('a challenge works at any process for five minutes, and a proof may be a quoted string', async () => {
    await agent.register(login);
    const [early, late] = [await agent.challenge(), await agent.challenge()];
    clock.advance('300s');
    expect((await agent.send('/auth/device/refresh', agent.proof(early), onOther())).status).toBe(
      200,
    );
    expect((await agent.send('/auth/device/refresh', `"${agent.proof(late)}"`)).status).toBe(200);
  });

  // T-brs1
  it('can be registered within ten minutes of its login, only with its current refresh token', async () => {
    const early = await agent.send('/auth/device/refresh');
    expect([refusalOf(early), early.setCookies]).toEqual([REFUSED, []]);
    const spent = client.copy();
    await client.post('/auth/refresh');
    const late = await new DeviceAgent(spent).register(login);
    expect([refusalOf(late), late.setCookies]).toEqual([REFUSED, []]);
    await database.pool.query(
      `update auth_sessions set created_at = created_at - interval '601 seconds' where id = $1`,
      [(await row())?.['id']],
    );
    const answer = await agent.register(login);
    expect([answer.status, answer.headers['secure-session-challenge']]).toEqual([403, undefined]);
    expect((await client.post('/auth/refresh')).status).toBe(200);
  });

  it('ends like any other: 401 without a challenge, and the browser forgets it', async () => {
    await agent.register(login);
    const challenge = await agent.challenge();
    const copy = client.copy();
    expect((await client.post('/auth/logout')).status).toBe(204);
    for (const proof of [undefined, agent.proof(challenge)]) {
      const answer = await agent.send('/auth/device/refresh', proof, copy.copy());
      expect(refusalOf(answer)).toEqual(REFUSED);
      expect(answer.headers['secure-session-challenge']).toBeUndefined();
    }
  });

  // T-brs2
  it('when a browser has signed in again, its former session is refused without a theft alert', async () => {
    await agent.register(login);
    const second = new DeviceAgent(client);
    await second.register(await logIn(client));
    const answer = await agent.send('/auth/device/refresh');
    expect([refusalOf(answer), answer.setCookies]).toEqual([REFUSED, []]);
    expect((await second.refresh()).status).toBe(200);
    expect(events.map(({ type }) => type)).not.toContain('device.refused');
  });

  it('continues after a change of password, with the same key', async () => {
    await agent.register(login);
    const body = { currentPassword: PASSWORD, newPassword: `${PASSWORD} too` };
    const answer = await client.post('/auth/password', body);
    expect([answer.status, answer.json()]).toEqual([200, { tokenType: 'Bearer', expiresIn: 300 }]);
    expect((await agent.refresh()).status).toBe(200);
    const back = { currentPassword: body.newPassword, newPassword: `${PASSWORD} again` };
    expect((await client.post('/auth/password', back)).status).toBe(200);
    const hash = await hosts.express.app.get(PasswordHasher).hash(PASSWORD);
    await database.pool.query('update people set pw = $1', [hash]);
  });

  it.each([['https://x.example'], [['https://x.example', 'y']], [7], [undefined]])(
    'tolerates any aud: %j',
    async (aud) => {
      expect(
        (await agent.register(login, { header: { jwk: agent.jwk }, payload: { aud } })).status,
      ).toBe(200);
      expect((await agent.refresh({ payload: { aud } })).status).toBe(200);
    },
  );

  it('a cross-site call is refused before any other check', async () => {
    const from = { headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } };
    for (const path of ['/auth/device', '/auth/device/refresh']) {
      const answer = await agent.send(path, undefined, client, from);
      expect([answer.status, answer.json()['code']]).toEqual([403, 'cross_origin']);
      expect(refusalOf(await hosts.express.client().post(path)).status).toBe(401);
    }
  });

  it.each(['hybrid', 'bearer'])('is not offered to the transport %s', async (transport) => {
    const answer = await logIn(hosts.express.client(), transport);
    expect(answer.headers['secure-session-registration']).toBeUndefined();
  });
});
