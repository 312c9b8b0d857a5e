import { Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { redisConnection } from '@tokenward/nestjs/redis';
import { ResourceServerModule } from '@tokenward/nestjs/verify';
import { generateKeyPair, generateProof, type KeyPair } from 'dpop';
import { Redis } from 'ioredis';
import { createDatabase, type TestDatabase } from './support/databases.js';
import { type Demo, startDemo } from './support/demo.js';
import { DeviceAgent } from './support/device.js';
import { ALGS, type Grant, Things } from './support/dpop-hosts.js';
import { type HostApp, startHost } from './support/host-app.js';
import { type HttpAnswer, httpClient } from './support/http.js';
import { never, once, type Sent, type Way } from './support/proof-uses.js';
import { privateRedis, type PrivateServer } from './support/private-servers.js';
import { scratchDir } from './support/run-environment.js';
import { AUDIENCE, bearer, ISSUER, STAGE_TIMEOUT_MS } from './support/stage.js';
import { until } from './support/until.js';

/** Where clients reach all three, behind one address: a proof is for it, whichever process gets it. */
const HOST = 'shop.example';
const USER = { email: 'proved@example.com', password: 'a quiet river at noon' };
const LOGIN = { ...USER, transport: 'bearer' };

let database: TestDatabase;
let redis: PrivateServer;
let admin: Redis;
let keys: KeyPair;
let demos: Demo[];
let grant: Grant;
let nonce: string | undefined;
const dataDir = scratchDir('proofs');

const WAYS: readonly Way[] = [
  { method: 'GET', path: '/me', refusal: 401, isRequest: true },
  { method: 'POST', path: '/auth/login', refusal: 400, json: () => LOGIN },
  {
    method: 'POST',
    path: '/auth/refresh',
    refusal: 400,
    json: () => ({ refreshToken: grant.refreshToken }),
  },
];
const SIGN_IN = WAYS[1] as Way;

const launch = (index: number, port?: number): Promise<Demo> =>
  startDemo({
    dataDir,
    port,
    adapter: index === 1 ? 'fastify' : 'express',
    env: {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      JWT_ALGORITHM: 'ES256',
      DPOP: 'offer',
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
      DEVICE_BOUND: 'offer',
      LOGIN_THROTTLE: 'off',
      DEMO_USERS: `${USER.email}:${USER.password}:user`,
    },
  });

beforeAll(async () => {
  [database, redis, keys] = await Promise.all([
    createDatabase(),
    privateRedis(),
    generateKeyPair('ES256'),
  ]);
  admin = new Redis(redis.url, { retryStrategy: () => 20 });
  admin.on('error', () => undefined);
  demos = [await launch(0), ...(await Promise.all([launch(1), launch(2)]))];
}, STAGE_TIMEOUT_MS);
afterAll(async () => {
  admin.disconnect();
  await Promise.all(demos.map((demo) => demo.stop()));
  await Promise.all([database.drop(), redis.stop()]);
});

async function prove(way: Way): Promise<Sent> {
  const token = way.isRequest && grant.accessToken;
  const proof = await generateProof(keys, `http://${HOST}${way.path}`, way.method, nonce, token);
  return { ...way, proof, token };
}

const send = (
  { url }: { readonly url: string },
  { method, path, json, proof, token }: Sent,
): Promise<HttpAnswer> =>
  httpClient(url).request(method, path, {
    cookies: 'omit',
    json: json?.(),
    headers: { host: HOST, dpop: proof, ...(token && { authorization: `DPoP ${token}` }) },
  });

/** Twice to each of the three processes, all at once. */
async function everywhere(sent: Sent, at: readonly { url: string }[] = demos): Promise<number[]> {
  const answers = await Promise.all([...at, ...at].map((demo) => send(demo, sent)));
  const good = answers.find(({ status }) => status === 200);
  if (good && !sent.isRequest) grant = good.json();
  return answers.map(({ status }) => status).sort((one, other) => one - other);
}

/** As a client does that is asked for a nonce. */
async function learnNonce(): Promise<void> {
  nonce = (await send(demos[0] as Demo, await prove(SIGN_IN))).headers['dpop-nonce'] ?? nonce;
}

describe('a proof that is sent to three processes', () => {
  const used: Sent[] = [];
  const eachOnce = async (): Promise<void> => {
    for (const way of [SIGN_IN, ...WAYS]) {
      const sent = await prove(way);
      expect([way.path, await everywhere(sent)]).toEqual([way.path, once(way)]);
      used.push(sent);
    }
  };
  const noneAgain = async (): Promise<void> => {
    for (const sent of used)
      expect([sent.path, await everywhere(sent)]).toEqual([sent.path, never(sent.refusal)]);
  };

  // T-dpc5
  it('works once at one of them, with a request, a sign-in and a refresh', async () => {
    await learnNonce();
    expect(nonce).toMatch(/^[\w-]{22}$/);
    await eachOnce();
    await noneAgain();
  });

  // T-dpc6
  it('does not work again after Redis was flushed, and neither does an earlier nonce', async () => {
    await admin.flushall();
    await noneAgain();
    for (const way of WAYS) expect(await everywhere(await prove(way))).toEqual(never(way.refusal));
    await learnNonce();
    await eachOnce();
    await noneAgain();
  });

  // T-dpc7
  it('does not work again at a process that was killed and started again', async () => {
    const [victim] = demos as [Demo];
    await victim.kill('SIGKILL');
    demos[0] = await launch(0, victim.port);
    await noneAgain();
    await eachOnce();
  }, 60_000);

  // T-dpc8
  it.each(['SIGSTOP', 'SIGKILL'] as const)(
    'is 503 while Redis does not answer (%s), and a used proof does not work afterwards',
    async (signal) => {
      await redis.kill(signal);
      for (const way of WAYS) expect(await everywhere(await prove(way))).toEqual(never(503));
      for (const sent of used) expect(await everywhere(sent)).toEqual(never(503));
      await (signal === 'SIGSTOP' ? redis.kill('SIGCONT') : redis.start());
      // the clients of all three are connected again: they can tell that a used one was used
      const [first] = used as [Sent];
      await until(async () =>
        (await everywhere(first)).every((status) => status === first.refusal),
      );
      await noneAgain();
      if (signal === 'SIGKILL') await learnNonce();
      await eachOnce();
    },
    60_000,
  );
});

type VerifyOnly = Parameters<typeof ResourceServerModule.forRoot>[0];

describe('a service that only verifies', () => {
  const clients: Redis[] = [];
  const running: HostApp[] = [];
  const THING: Way = { method: 'GET', path: '/thing', refusal: 401, isRequest: true };
  let orders: HostApp;
  let twin: HostApp;
  beforeAll(async () => {
    [orders, twin] = [await verifying({ redis: connect() }), await verifying({ redis: connect() })];
    await learnNonce();
    grant = (await send(demos[0] as Demo, await prove(SIGN_IN))).json();
  });
  afterAll(async () => {
    await Promise.all(running.map((each) => each.close()));
    for (const client of clients) client.disconnect();
  });

  function connect() {
    const client = new Redis(redis.url, { retryStrategy: () => 20 });
    client.on('error', () => undefined);
    clients.push(client);
    return redisConnection(client);
  }
  /** Ready when it has the keys of the issuer. */
  async function verifying({ dpop, ...changes }: Partial<VerifyOnly>): Promise<HostApp> {
    const module = ResourceServerModule.forRoot({
      issuer: ISSUER,
      audience: AUDIENCE,
      isGlobal: true,
      ...changes,
      dpop: { origin: `http://${HOST}`, ...dpop },
      jwks: { url: `${demos[1]?.url ?? ''}/.well-known/jwks.json`, algorithms: ['ES256'] },
    });
    @Module({ imports: [module], controllers: [Things] })
    class OrdersModule {}
    const started = await startHost(OrdersModule);
    running.push(started);
    const { accessToken } =
      (await demos[1]?.client().post('/auth/login', LOGIN))?.json<Grant>() ?? {};
    const plain = bearer(accessToken ?? '');
    await until(async () => (await started.client().get('/thing', plain)).status === 200);
    expect((await started.client().get('/bound', plain)).json()).toMatchObject({
      code: 'device_required',
    });
    return started;
  }

  /** The answers to a proof, given or new, once no service is behind with the revocations, which is 503. */
  async function served(given?: Sent): Promise<[Sent, number[]]> {
    for (let left = 1_000; ; left--) {
      const sent = given ?? (await prove(THING));
      const seen = await everywhere(sent, [orders, twin]);
      if (!seen.includes(503) || left === 0) return [sent, seen];
    }
  }

  // T-dpc4
  it('follows the token: a bound token needs a proof, and @RequireBound accepts it', async () => {
    const good = await send(orders, await prove(THING));
    expect([good.status, good.json()]).toEqual([200, expect.objectContaining({ bound: 'dpop' })]);
    expect((await send(orders, await prove({ ...THING, path: '/bound' }))).status).toBe(200);
    const asBearer = await orders.client().get('/thing', bearer(grant.accessToken));
    expect([asBearer.status, asBearer.headers['www-authenticate']]).toEqual([
      401,
      `DPoP error="invalid_token", ${ALGS}`,
    ]);
    // of a browser that keeps a key: what its cookie holds
    const browser = httpClient(demos[2]?.url ?? '');
    const agent = new DeviceAgent(browser);
    await agent.register(await browser.post('/auth/login', USER));
    const cookie = bearer(browser.jar.get('access_token') ?? '');
    expect((await orders.client().get('/bound', cookie)).status).toBe(200);
    expect((await orders.client().get('/thing', cookie)).json()).toMatchObject({ bound: 'dbsc' });
  });

  // T-dpd3
  it('accepts a proof once among all services on its Redis, also when that is flushed or down', async () => {
    const [used, seen] = await served();
    expect(seen).toEqual(once(THING, 2));
    expect((await served(used))[1]).toEqual(never(401, 2));
    await admin.flushall();
    expect((await served(used))[1]).toEqual(never(401, 2));
    await learnNonce();
    expect((await served())[1]).toEqual(once(THING, 2));
    await redis.kill('SIGKILL');
    expect(await everywhere(await prove(THING), [orders, twin])).toEqual(never(503, 2));
    await redis.start();
    // the clients are connected again, and the revocations are known again
    await served();
  });

  // T-dpd4
  it('answers 503 without Redis, or asks for a nonce that works only there', async () => {
    const [alone, nonced] = [
      await verifying({}),
      await verifying({ dpop: { withoutRedis: 'nonce' } }),
    ];
    const none = await send(alone, await prove(THING));
    expect([none.status, none.headers['retry-after']]).toEqual([503, '1']);
    const asked = await send(nonced, await prove(THING));
    expect(asked.headers['www-authenticate']).toBe(`DPoP error="use_dpop_nonce", ${ALGS}`);
    nonce = asked.headers['dpop-nonce'];
    const used = await prove(THING);
    expect(await everywhere(used, [nonced])).toEqual(once(THING, 1));
    // two applications were started in this process meanwhile: the others may be behind with the revocations, and say
    // 503
    const seen: number[][] = [];
    await until(async () => {
      seen.push(await everywhere(used, [orders, twin, alone]));
      return String(seen.at(-1)) === String([401, 401, 401, 401, 503, 503]);
    });
    expect(seen.flat()).not.toContain(200);
  });
});
