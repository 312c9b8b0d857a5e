import { Controller, Get, Module, Post, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AuthModule,
  type AuthModuleOptions,
  CurrentUser,
  JwtAuthGuard,
  PasswordHasher,
  type Principal,
  RequireBound,
} from '@tokenward/nestjs';
import { type AuthAlert, type AuthEvent, AuthMetrics } from '@tokenward/nestjs/observe';
import { redisConnection } from '@tokenward/nestjs/redis';
import { ResourceServerModule } from '@tokenward/nestjs/verify';
import { LiveSockets } from '@tokenward/nestjs/ws';
import { Redis } from 'ioredis';
import { calculateThumbprint } from 'dpop';
import { type DpopClient, dpopClient } from './support/dpop-client.js';
import { type HostDatabase, hostDatabase, hostOptions, people } from './support/host-app.js';
import { type HttpAnswer, httpClient } from './support/http.js';
import { privateRedis } from './support/private-servers.js';
import { claimsOf } from './support/stage.js';
import { until } from './support/until.js';

const USER = { email: 'ada@example.com', password: 'a long enough passphrase' };
const BEARER = { ...USER, transport: 'bearer' };
const REFUSED =
  '{"statusCode":401,"error":"Unauthorized","message":"Authentication failed","code":"authentication_failed"}';
const ALGS = 'algs="ES256 ES384 RS256 PS256"';

@Controller()
@UseGuards(JwtAuthGuard)
class Things {
  @Get('thing')
  thing(@CurrentUser() { id, bound }: Principal) {
    return { id, bound: bound ?? null };
  }

  // a second guard of ours before one handler asks of the same proof
  @UseGuards(JwtAuthGuard)
  @Post('thing')
  make(@CurrentUser('id') id: string) {
    return { id };
  }

  @RequireBound()
  @Get('bound')
  bound() {
    return { ok: true };
  }
}

type Grant = { readonly tokenType: string; readonly accessToken: string; readonly refreshToken: string };
type Server = Awaited<ReturnType<typeof privateRedis>>;

let database: HostDatabase;
let redis: Server;
const clients: Redis[] = [];
const closing: (() => Promise<unknown>)[] = [];

function connect() {
  const client = new Redis(redis.url, { retryStrategy: () => 20 });
  client.on('error', () => undefined);
  clients.push(client);
  return redisConnection(client);
}

async function host(changes: Partial<AuthModuleOptions> = {}, adapter: 'express' | 'fastify' = 'express') {
  const [events, alerts]: [AuthEvent[], AuthAlert[]] = [[], []];
  const options = hostOptions(database, {
    onEvent: (event) => void events.push(event),
    onAlert: (alert) => void alerts.push(alert),
    ...changes,
  });
  @Module({ imports: [AuthModule.forRoot({ ...options, isGlobal: true })], controllers: [Things] })
  class HostModule {}
  return { ...(await listen(HostModule, adapter)), events, alerts };
}

async function listen(module: object, adapter: 'express' | 'fastify' = 'express') {
  const quiet = { logger: false as const, abortOnError: false };
  const app =
    adapter === 'fastify'
      ? await NestFactory.create(module, new FastifyAdapter(), quiet)
      : await NestFactory.create(module, quiet);
  await app.listen(0, '127.0.0.1');
  closing.push(() => app.close());
  return { app, url: await app.getUrl() };
}

type Host = Awaited<ReturnType<typeof host>>;

async function signIn(client: DpopClient, { url }: { readonly url: string }): Promise<Grant> {
  const answer = await client.call('POST', `${url}/auth/login`, { json: BEARER });
  expect(answer.status).toBe(200);
  return answer.json<Grant>();
}

const refresh = (client: DpopClient, { url }: Host, refreshToken: string, call = {}) =>
  client.call('POST', `${url}/auth/refresh`, { json: { refreshToken }, ...call });

function expectRefused(answer: HttpAnswer, error: string): void {
  expect([answer.status, answer.text]).toEqual([401, REFUSED]);
  expect(answer.headers['www-authenticate']).toBe(`DPoP error="${error}", ${ALGS}`);
}

beforeAll(async () => {
  [database, redis] = await Promise.all([hostDatabase(), privateRedis()]);
}, 60_000);
afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
  for (const client of clients) client.disconnect();
  await Promise.all([database.drop(), redis.stop()]);
});

describe.each(['express', 'fastify'] as const)(
  'a session that is bound to a key of its client, on %s',
  (adapter) => {
    let shop: Host;
    let owner: DpopClient;
    let thief: DpopClient;
    let grant: Grant;
    beforeAll(async () => {
      shop = await host({ dpop: 'offer', redis: connect() }, adapter);
      const secret = await shop.app.get(PasswordHasher).hash(USER.password);
      await database.db.insert(people).values({ mail: USER.email, secret }).onConflictDoNothing();
      [owner, thief] = await Promise.all([dpopClient(), dpopClient()]);
      grant = await signIn(owner, shop);
      await signIn(thief, shop);
    });

    // T-dpb2
    it('tells so: token type, cnf, me, list, @RequireBound, event', async () => {
      const key = await calculateThumbprint(owner.keys.publicKey);
      expect(grant.tokenType).toBe('DPoP');
      expect(claimsOf(grant.accessToken)).toMatchObject({ cnf: { jkt: key }, bound: 'dpop' });
      const get = (path: string) => owner.call('GET', shop.url + path, { token: grant.accessToken });
      expect((await get('/thing')).json()).toMatchObject({ bound: 'dpop' });
      expect((await get('/bound')).status).toBe(200);
      expect((await get('/auth/me')).json()).toMatchObject({ bound: 'dpop' });
      const sessions = (await get('/auth/sessions')).json<Record<string, unknown>[]>();
      expect(sessions.find(({ current }) => current)).toMatchObject({ bound: 'dpop' });
      const sessionId = claimsOf(grant.accessToken)['sid'];
      expect(shop.events.filter(({ type }) => type === 'device.bound')).toContainEqual(
        expect.objectContaining({ sessionId }),
      );
      const two = await owner.call('POST', `${shop.url}/thing`, { token: grant.accessToken });
      expect(two.status).toBe(201);
    });

    // T-dpb3
    it('has an access token that is worth nothing without the key', async () => {
      const url = `${shop.url}/thing`;
      const { accessToken: token } = grant;
      const others = (await signIn(owner, shop)).accessToken;
      const proof = (method = 'GET', at = url, of = token) => owner.proofFor(method, at, of);
      const used = await proof();
      expect((await owner.call('GET', url, { token, proof: used })).status).toBe(200);
      const cases: [string, Parameters<DpopClient['call']>[2], string?][] = [
        ['as Bearer', { scheme: 'Bearer' }, 'invalid_token'],
        ['as Bearer, with no proof', { scheme: 'Bearer', proof: 'none' }, 'invalid_token'],
        ['in the cookie', { scheme: 'cookie' }, 'invalid_token'],
        ['with no proof', { proof: 'none' }],
        ['with a proof of another method', { proof: await proof('POST') }],
        ['with a proof of another path', { proof: await proof('GET', `${shop.url}/bound`) }],
        ['with a proof of another host', { proof: await proof('GET', 'https://elsewhere.example/thing') }],
        ['with a proof for another token', { proof: await proof('GET', url, others) }],
        ['with a proof for no token', { proof: await owner.proofFor('GET', url) }],
        ['with a proof that was used', { proof: used }],
        ['with two proofs', { proof: [await proof(), await proof()] }],
        ['with what is not a proof', { proof: 'junk' }],
      ];
      for (const [name, call, error = 'invalid_dpop_proof'] of cases) {
        const answer = await owner.call('GET', url, { token, ...call });
        expect([name, answer.status]).toEqual([name, 401]);
        expectRefused(answer, error);
      }
      shop.events.length = 0;
      expectRefused(await thief.call('GET', url, { token }), 'invalid_dpop_proof');
      expect(shop.events.filter(({ type }) => type === 'device.refused')).toMatchObject([
        { severity: 'high' },
      ]);
      const { sub: userId, sid: sessionId } = claimsOf(token);
      expect(shop.alerts).toMatchObject([{ type: 'device.refused', userId, sessionId }]);
      const counted = shop.app
        .get(AuthMetrics, { strict: false })
        .read()
        .find(({ metric }) => metric.name === 'tokenward.proofs')
        ?.samples.map(({ attributes, value }) => [attributes['outcome'], value]);
      expect(counted).toEqual(
        expect.arrayContaining([
          ['proof_by_another_key', 1],
          ['proof_replayed', 1],
          ['proof_method', 1],
          ['proof_uri', 2],
          ['proved', expect.any(Number)],
        ]),
      );
      expect((await owner.call('GET', url, { token })).status).toBe(200);
    });

    // T-dpb4
    it('renews for its key alone, and a theft of the refresh token ends nothing', async () => {
      shop.events.length = 0;
      const none = await refresh(owner, shop, grant.refreshToken, { proof: 'none' });
      expect([none.status, none.json()['code']]).toEqual([403, 'device_required']);
      const other = await refresh(thief, shop, grant.refreshToken);
      expect([other.status, other.json()['message']]).toEqual([400, 'dpop: invalid_dpop_proof']);
      expect(other.headers['www-authenticate']).toBe(`DPoP error="invalid_dpop_proof", ${ALGS}`);
      expect(shop.events.map(({ type }) => type)).toContain('device.refused');
      const next = (await refresh(owner, shop, grant.refreshToken)).json<Grant>();
      expect(next.tokenType).toBe('DPoP');
      // spent, and the thief still ends nothing with it
      expect((await refresh(thief, shop, grant.refreshToken)).status).toBe(400);
      expect((await owner.call('GET', `${shop.url}/thing`, { token: next.accessToken })).status).toBe(200);
      grant = next;
      const spent = await refresh(
        owner,
        shop,
        (await refresh(owner, shop, next.refreshToken)).json<Grant>().refreshToken,
      );
      expect(spent.status).toBe(200);
      grant = spent.json<Grant>();
    });

    // T-dpb5
    it('is not opened unbound when the proof is bad: 400 before the password is looked at', async () => {
      shop.events.length = 0;
      const bad = await owner.call('POST', `${shop.url}/auth/login`, { json: BEARER, proof: 'junk' });
      expect([bad.status, bad.json()['message']]).toEqual([400, 'dpop: invalid_dpop_proof']);
      const wrong = { ...BEARER, password: 'not the passphrase' };
      expect(
        (await owner.call('POST', `${shop.url}/auth/login`, { json: wrong, proof: 'junk' })).status,
      ).toBe(400);
      expect(shop.events).toEqual([]);
    });

    // T-dpb6
    it('leaves unbound sessions as they are: a bearer has no use for the scheme DPoP', async () => {
      const login = await httpClient(shop.url).post('/auth/login', BEARER);
      const { tokenType, accessToken: token, refreshToken } = login.json<Grant>();
      expect(tokenType).toBe('Bearer');
      expect(
        (await owner.call('GET', `${shop.url}/thing`, { token, scheme: 'Bearer', proof: 'none' })).json(),
      ).toMatchObject({ bound: null });
      const bound = await owner.call('GET', `${shop.url}/bound`, { token, scheme: 'Bearer', proof: 'none' });
      expect([bound.status, bound.json()['code']]).toEqual([403, 'device_required']);
      expectRefused(await owner.call('GET', `${shop.url}/thing`, { token }), 'invalid_token');
      expect((await refresh(owner, shop, refreshToken)).status).toBe(200);
    });

    // T-dpb7
    it('is proved in a socket by the first message, not by the cookie or the token alone', async () => {
      const sockets = shop.app.get(LiveSockets, { strict: false });
      const [token, { host: name }] = [grant.accessToken, new URL(shop.url)];
      const open = async (headers = {}) => {
        const client = {};
        const endings: number[] = [];
        const handshake = { headers: { host: name, ...headers }, url: '/events', method: 'GET' };
        await sockets.open(client, handshake, ({ code }) => void endings.push(code));
        return { client, endings };
      };
      const proof = await owner.proofFor('GET', `ws://${name}/events`, token);
      const good = await open();
      expect(await sockets.present(good.client, token, proof)).toBe('authenticated');
      expect(sockets.principalOf(good.client)).toMatchObject({ bound: 'dpop' });
      sockets.closed(good.client);
      const wrong = await owner.proofFor('GET', `ws://${name}/other`, token);
      for (const given of [undefined, proof, wrong, 'junk', 7]) {
        const { client, endings } = await open();
        expect(await sockets.present(client, token, given)).toBe('closed');
        expect(endings).toEqual([4401]);
      }
      expect((await open({ cookie: `access_token=${token}` })).endings).toEqual([4401]);
    });
  },
);

describe('the option dpop', () => {
  // T-dpb8
  it('require: no other session of hybrid and bearer opens; cookies are not concerned', async () => {
    const shop = await host({ dpop: 'require', redis: connect() });
    const login = (json: object) => httpClient(shop.url).post('/auth/login', json);
    for (const transport of ['bearer', 'hybrid']) {
      const answer = await login({ ...USER, transport });
      expect([answer.status, answer.json()['code']]).toEqual([403, 'device_required']);
      // the password is not looked at
      expect((await login({ ...USER, password: 'wrong one here', transport })).status).toBe(403);
    }
    expect((await login(USER)).status).toBe(200);
    expect((await signIn(await dpopClient(), shop)).tokenType).toBe('DPoP');
  });

  // T-dpb9
  it('bind refresh: the access token is a bearer’s, the session knows the key', async () => {
    const shop = await host({ dpop: { bind: 'refresh' }, redis: connect() });
    const owner = await dpopClient();
    const grant = await signIn(owner, shop);
    expect(grant.tokenType).toBe('Bearer');
    expect(claimsOf(grant.accessToken)).not.toHaveProperty('cnf');
    const bearer = { token: grant.accessToken, scheme: 'Bearer', proof: 'none' } as const;
    expect((await owner.call('GET', `${shop.url}/bound`, bearer)).status).toBe(200);
    expect((await refresh(owner, shop, grant.refreshToken, { proof: 'none' })).status).toBe(403);
    expect((await refresh(owner, shop, grant.refreshToken)).status).toBe(200);
  });

  // T-dpc2
  it('off: a proof is not read, the scheme is the host’s, and no answer has one header more', async () => {
    const shop = await host({ redis: connect() });
    const login = (headers = {}) => httpClient(shop.url).post('/auth/login', BEARER, { headers });
    const [plain, proved] = [await login(), await login({ dpop: 'junk' })];
    expect(proved.status).toBe(200);
    expect(Object.keys(proved.headers).sort()).toEqual(Object.keys(plain.headers).sort());
    expect(Object.keys(proved.json()).sort()).toEqual(Object.keys(plain.json()).sort());
    const token = proved.json<Grant>().accessToken;
    const answer = await (await dpopClient()).call('GET', `${shop.url}/thing`, { token });
    expect([answer.text, answer.headers['www-authenticate']]).toEqual([REFUSED, 'Bearer']);
    expect(await clients.at(-1)?.keys('*dpop*used*')).toHaveLength(
      (await clients[0]?.keys('*dpop*used*'))?.length ?? 0,
    );
  });

  // T-dpc3
  it('without Redis asks each proof for a nonce of the process that it comes to', async () => {
    const [one, two] = await Promise.all([host({ dpop: 'offer' }), host({ dpop: 'offer' })]);
    const owner = await dpopClient();
    const first = await owner.call('POST', `${one.url}/auth/login`, {
      json: BEARER,
      proof: await owner.proofFor('POST', `${one.url}/auth/login`),
    });
    expect([first.status, first.json()['message']]).toEqual([400, 'dpop: use_dpop_nonce']);
    expect(first.headers['www-authenticate']).toBe(`DPoP error="use_dpop_nonce", ${ALGS}`);
    expect((await signIn(owner, one)).tokenType).toBe('DPoP');
    expect((await signIn(owner, two)).tokenType).toBe('DPoP');
  });
});

describe('a proof on three processes', () => {
  // T-dpc4
  it('works once: with Redis up, flushed and down; a service that only verifies follows the token', async () => {
    const options = hostOptions(database, { dpop: { origin: 'https://shop.example' } });
    const issuer = await host({ ...options, redis: connect() });
    const twin = await host({ ...options, redis: connect() });
    const verifying = async (changes: object) => {
      const module = ResourceServerModule.forRoot({
        ...{ issuer: options.issuer, audience: 'host', isGlobal: true },
        jwks: { url: `${issuer.url}/.well-known/jwks.json` },
        ...changes,
      });
      @Module({ imports: [module], controllers: [Things] })
      class OrdersModule {}
      return listen(OrdersModule);
    };
    const dpop = { origin: 'https://shop.example' };
    const orders = await verifying({ dpop, redis: connect() });
    const alone = await verifying({ dpop });
    const nonced = await verifying({ dpop: { ...dpop, withoutRedis: 'nonce' } });

    const owner = await dpopClient();
    const send = (url: string, path: string, proof: string, extra = {}) =>
      httpClient(url).request(path === '/thing' ? 'GET' : 'POST', path, {
        headers: { dpop: proof, ...extra },
        cookies: 'omit',
        ...(path === '/auth/login' && { json: BEARER }),
      });
    const prove = async (path: string, nonce?: string, token?: string) => {
      const { generateProof } = await import('dpop');
      return generateProof(
        owner.keys,
        `https://shop.example${path}`,
        path === '/thing' ? 'GET' : 'POST',
        nonce,
        token,
      );
    };
    const nonceOf = async (url: string) =>
      (await send(url, '/auth/login', await prove('/auth/login'))).headers['dpop-nonce'];
    let nonce = await nonceOf(issuer.url);
    const login = await send(issuer.url, '/auth/login', await prove('/auth/login', nonce));
    const token = login.json<Grant>().accessToken;
    const as = { authorization: `DPoP ${token}` };
    const three = [issuer.url, twin.url, orders.url];
    const everywhere = async (proof: string) =>
      (await Promise.all(three.map((url) => send(url, '/thing', proof, as))))
        .map(({ status }) => status)
        .sort();

    const unbound = (await httpClient(issuer.url).post('/auth/login', BEARER)).json<Grant>().accessToken;
    const plain = { headers: { authorization: `Bearer ${unbound}` } };
    for (const url of [orders.url, alone.url, nonced.url])
      await until(async () => (await httpClient(url).get('/thing', plain)).status === 200);
    const used = await prove('/thing', nonce, token);
    expect(await everywhere(used)).toEqual([200, 401, 401]);
    expect(await everywhere(used)).toEqual([401, 401, 401]);

    await clients.at(-1)?.flushall();
    expect(await everywhere(used)).toEqual([401, 401, 401]);
    nonce = await nonceOf(issuer.url);
    expect(await everywhere(await prove('/thing', nonce, token))).toEqual([200, 401, 401]);

    const none = await send(alone.url, '/thing', await prove('/thing', nonce, token), as);
    expect([none.status, none.headers['retry-after']]).toEqual([503, '1']);
    const asked = await send(nonced.url, '/thing', await prove('/thing', nonce, token), as);
    expect(asked.headers['www-authenticate']).toBe(`DPoP error="use_dpop_nonce", ${ALGS}`);
    const again = await prove('/thing', asked.headers['dpop-nonce'], token);
    expect((await send(nonced.url, '/thing', again, as)).status).toBe(200);

    await redis.kill('SIGKILL');
    await until(() => clients.every(({ status }) => status !== 'ready'));
    expect(await everywhere(await prove('/thing', nonce, token))).toEqual([503, 503, 503]);
    expect((await send(twin.url, '/auth/login', await prove('/auth/login', nonce))).status).toBe(503);
  }, 30_000);
});
