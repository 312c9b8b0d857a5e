import { createHmac, generateKeyPairSync, type KeyPairKeyObjectResult, randomBytes } from 'node:crypto';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AuthModule, CurrentUser, JwtAuthGuard, PasswordHasher, RequireBound } from '@tokenward/nestjs';
import type { AuthModuleOptions } from '@tokenward/nestjs';
import { type AuthAlert, type AuthEvent, AuthMetrics } from '@tokenward/nestjs/observe';
import { ManualClock } from '@tokenward/nestjs/testing';
import { challengeOf, DeviceAgent, type ProofParts, registrationOf } from './support/device.js';
import {
  hostDatabase,
  type HostApp,
  type HostDatabase,
  hostOptions,
  people,
  startHost,
} from './support/host-app.js';
import type { HttpAnswer, HttpClient } from './support/http.js';
import { REFUSED, refusalOf } from './support/stage.js';
import { until } from './support/until.js';

const PASSWORD = 'a long enough passphrase';
const EMAIL = 'bound@example.com';
const REQUIRED =
  '{"statusCode":403,"error":"Forbidden","message":"Bound session required","code":"device_required"}';
const secret = `s1:${randomBytes(32).toString('base64url')}`;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

@Controller('who')
@UseGuards(JwtAuthGuard)
class Who {
  @Get()
  who(@CurrentUser('id') id: string) {
    return { id };
  }
  @Get('bound')
  @RequireBound()
  bound(@CurrentUser('bound') bound: string) {
    return { bound };
  }
}

let database: HostDatabase;
let clock: ManualClock;
const events: AuthEvent[] = [];
const alerts: AuthAlert[] = [];

async function start(
  adapter: 'express' | 'fastify',
  changes: Partial<AuthModuleOptions> = {},
): Promise<HostApp> {
  const options = hostOptions(database, {
    keys: { algorithm: 'ES256', privateKey },
    refreshToken: { secrets: [secret] },
    onEvent: (event) => void events.push(event),
    onAlert: (alert) => void alerts.push(alert),
    clock,
    deviceBound: 'offer',
    ...changes,
  });
  @Module({ imports: [AuthModule.forRoot(options)], controllers: [Who] })
  class Host {}
  return startHost(Host, adapter);
}

let hosts: Record<'express' | 'fastify' | 'off', HostApp>;
beforeAll(async () => {
  database = await hostDatabase();
  clock = new ManualClock();
  hosts = {
    express: await start('express'),
    fastify: await start('fastify'),
    off: await start('express', { deviceBound: 'off' }),
  };
  const hash = await hosts.express.app.get(PasswordHasher).hash(PASSWORD);
  await database.db.insert(people).values({ mail: EMAIL, secret: hash, kind: 'user' });
});
afterAll(async () => {
  for (const host of Object.values(hosts)) await host.close();
  await database.drop();
});
beforeEach(() => void (events.length = alerts.length = 0));

const logIn = async (client: HttpClient, transport = 'cookie'): Promise<HttpAnswer> => {
  const answer = await client.post('/auth/login', { email: EMAIL, password: PASSWORD, transport });
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

/** The same cookies on the other process. */
const onOther = (): HttpClient => {
  const other = hosts[client.baseUrl === hosts.express.url ? 'fastify' : 'express'].client();
  for (const name of client.jar.names())
    other.jar.set(name, client.jar.get(name) ?? '', name === 'access_token' ? '/' : '/auth');
  return other;
};
const refusedWithChallenge = (answer: HttpAnswer): string => {
  expect([answer.status, answer.text, answer.setCookies]).toEqual([403, REQUIRED, []]);
  const challenge = challengeOf(answer);
  expect(challenge).toHaveLength(52);
  return challenge;
};
const row = async () =>
  (
    await database.pool.query<Record<string, unknown>>(
      'select * from auth_sessions order by created_at desc limit 1',
    )
  ).rows[0];

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
  it('gets a fresh access cookie for a proof, also by RSA, and two at once are no theft', async () => {
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
  it('is worth nothing to whoever copied the cookies', async () => {
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
    const counted = measured.find(({ metric }) => metric.name === 'tokenward.events')?.samples ?? [];
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

  const otherKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
  /** Brings a key and is signed by it: nothing but the key is wrong. */
  const signedBy = (pair: KeyPairKeyObjectResult, alg = 'ES256', jwk = pair.publicKey): ProofParts => ({
    header: { alg, jwk: jwk.export({ format: 'jwk' }) },
    key: pair.privateKey,
  });
  const own = otherKey();
  const MALFORMED: readonly (readonly [string, ProofParts])[] = [
    ['another typ', { header: { typ: 'jwt' } }],
    ['no typ', { header: { typ: undefined } }],
    ['alg none', { header: { alg: 'none' } }],
    ['an HMAC alg', { header: { alg: 'HS256' } }],
    ['another EC alg', { header: { alg: 'ES384' } }],
    ['crit', { header: { crit: ['b64'], b64: false } }],
    ['no jti', { payload: { jti: undefined } }],
    ['a jti that is no text', { payload: { jti: 7 } }],
    ['a jti that is several', { payload: { jti: ['a', 'b'] } }],
    ['an empty jti', { payload: { jti: '' } }],
    ['a jti that is no challenge of ours', { payload: { jti: randomBytes(39).toString('base64url') } }],
  ];

  // T-xrgt
  it.each([
    ...MALFORMED,
    ['a DER signature', { encoding: 'der' }],
    ['another key', { key: otherKey().privateKey }],
  ] as const)('refuses a refresh with %s, and gives a new challenge', async (_name, parts: ProofParts) => {
    await agent.register(login);
    refusedWithChallenge(await agent.refresh(parts));
    const isForged = parts.encoding !== undefined || parts.key !== undefined;
    expect(events.some(({ type }) => type === 'device.refused')).toBe(isForged);
    expect((await agent.refresh()).status).toBe(200);
  });

  // T-jsmn
  it.each([
    ...MALFORMED,
    ['a DER signature', { encoding: 'der' }],
    ['no key', { header: { jwk: undefined } }],
    ['the key of somebody else', { header: { jwk: otherKey().publicKey.export({ format: 'jwk' }) } }],
    ['a private key', signedBy(own, 'ES256', own.privateKey)],
    ['a key of another curve', signedBy(generateKeyPairSync('ec', { namedCurve: 'P-384' }))],
    ['a weak RSA key', signedBy(generateKeyPairSync('rsa', { modulusLength: 1024 }), 'RS256')],
    ['a symmetric key', { header: { jwk: { kty: 'oct', k: 'AAAA' } } }],
  ] as const)('refuses a registration with %s, and binds nothing', async (_name, parts) => {
    const { header, ...others }: ProofParts = parts;
    const answer = await agent.register(login, { ...others, header: { jwk: agent.jwk, ...header } });
    refusedWithChallenge(answer);
    expect(await row()).toMatchObject({ bound_kind: null });
    expect((await client.post('/auth/refresh')).status).toBe(200);
  });

  // T-brs3
  it('refuses every text that is no proof', async () => {
    await agent.register(login);
    const good = agent.proof(await agent.challenge());
    const [head = '', body = '', signature = ''] = good.split('.');
    const hmac = createHmac('sha256', 'x').update(`${head}.${body}`).digest('base64url');
    for (const text of [
      'x',
      '.',
      '..',
      `${head}.${body}.`,
      `${good}=`,
      `${good}.${signature}`,
      `${head}.${body}.${hmac}`,
    ])
      refusedWithChallenge(await agent.send('/auth/device/refresh', text));
    const twice = { headers: { 'secure-session-response': [good, good] } };
    refusedWithChallenge(await agent.send('/auth/device/refresh', undefined, client, twice));
    expect((await agent.send('/auth/device/refresh', `"${good}"`)).status).toBe(200);
  });

  // T-3qqn
  it('takes a challenge once, on any process, for five minutes, of its session and kind', async () => {
    await agent.register(login);
    const send = (challenge: string, at = client) =>
      agent.send(
        '/auth/device/refresh',
        agent.proof(challenge, { payload: { aud: 'https://x.example' } }),
        at,
      );
    refusedWithChallenge(await send(registrationOf(login).challenge));
    const used = await agent.challenge();
    expect((await send(used)).status).toBe(200);
    for (const at of [client, onOther()]) refusedWithChallenge(await send(used, at));

    const [early, late] = [await agent.challenge(), await agent.challenge()];
    clock.advance('300s');
    expect((await send(early, onOther())).status).toBe(200);
    clock.advance('1s');
    const next = refusedWithChallenge(await send(late));
    expect((await send(next)).status).toBe(200);

    const another = hosts.express.client();
    const other = new DeviceAgent(another);
    const otherLogin = await logIn(another);
    refusedWithChallenge(
      await other.send('/auth/device', other.proof(await agent.challenge(), { header: { jwk: other.jwk } })),
    );
    refusedWithChallenge(
      await other.send(
        '/auth/device',
        other.proof(registrationOf(login).challenge, { header: { jwk: other.jwk } }),
      ),
    );
    await other.register(otherLogin);
    refusedWithChallenge(await send(await other.challenge()));
    expect(events.map(({ type }) => type)).not.toContain('device.refused');
  });

  // T-brs1
  it('is registered within ten minutes of its login, by its current refresh token alone', async () => {
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
  it('of a browser that signed in again, the session before is refused and nobody suspected', async () => {
    await agent.register(login);
    const second = new DeviceAgent(client);
    await second.register(await logIn(client));
    const answer = await agent.send('/auth/device/refresh');
    expect([refusalOf(answer), answer.setCookies]).toEqual([REFUSED, []]);
    expect((await second.refresh()).status).toBe(200);
    expect(events.map(({ type }) => type)).not.toContain('device.refused');
  });

  it('goes on after a change of password, with the key that it has', async () => {
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

  // T-brs4
  it('refuses a proof by the algorithm that its key is not for', async () => {
    await agent.register(login);
    const rsa = new DeviceAgent(client, 'RS256');
    refusedWithChallenge(await rsa.send('/auth/device/refresh', rsa.proof(await agent.challenge())));
    const mixed = { header: { alg: 'RS256' } };
    refusedWithChallenge(await agent.refresh(mixed));
    expect(events.filter(({ type }) => type === 'device.refused')).toHaveLength(2);
  });

  it.each([['https://x.example'], [['https://x.example', 'y']], [7], [undefined]])(
    'tolerates any aud: %j',
    async (aud) => {
      expect((await agent.register(login, { header: { jwk: agent.jwk }, payload: { aud } })).status).toBe(
        200,
      );
      expect((await agent.refresh({ payload: { aud } })).status).toBe(200);
    },
  );

  it('needs no cookie of another origin: a cross-site call is refused before all', async () => {
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

describe('without the option', () => {
  // T-sgqp
  it('the routes are not there, and no answer has one header or byte more', async () => {
    const client = hosts.off.client();
    const answer = await logIn(client);
    const names = Object.keys(answer.headers).filter((name) => /session|device|sec-/.test(name));
    expect(names).toEqual([]);
    for (const path of ['/auth/device', '/auth/device/refresh']) {
      const { status, text } = await client.post(path);
      expect([status, JSON.parse(text)]).toEqual([
        404,
        { statusCode: 404, error: 'Not Found', message: `Cannot POST ${path}` },
      ]);
    }
  });
});
