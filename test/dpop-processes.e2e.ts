import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateKeyPair, generateProof, type KeyPair } from 'dpop';
import { Redis } from 'ioredis';
import { createDatabase, type TestDatabase } from './support/databases.js';
import { type Demo, startDemo } from './support/demo.js';
import { type HttpAnswer, httpClient } from './support/http.js';
import { privateRedis, type PrivateServer } from './support/private-servers.js';
import { scratchDir } from './support/run-environment.js';
import { STAGE_TIMEOUT_MS } from './support/stage.js';
import { until } from './support/until.js';

/** Where clients reach all three, behind one address: a proof is for it, whichever process gets it. */
const HOST = 'shop.example';
const USER = { email: 'proved@example.com', password: 'a quiet river at noon' };
const LOGIN = { ...USER, transport: 'bearer' };

/** What a proof can come with. */
interface Way {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Of a proof that is refused. */
  readonly refusal: 400 | 401;
  json?(): object;
}
interface Sent extends Way {
  readonly proof: string;
  readonly token?: string;
}

let database: TestDatabase;
let redis: PrivateServer;
let admin: Redis;
let keys: KeyPair;
let demos: Demo[];
let grant: { accessToken: string; refreshToken: string };
let nonce: string | undefined;
const dataDir = scratchDir('proofs');

const WAYS: readonly Way[] = [
  { method: 'GET', path: '/me', refusal: 401 },
  { method: 'POST', path: '/auth/login', refusal: 400, json: () => LOGIN },
  {
    ...{ method: 'POST', path: '/auth/refresh', refusal: 400 },
    json: () => ({ refreshToken: grant.refreshToken }),
  },
];
const [REQUEST, SIGN_IN] = WAYS as [Way, Way, Way];

const launch = (index: number, port?: number): Promise<Demo> =>
  startDemo({
    ...{ dataDir, port, adapter: index === 1 ? 'fastify' : 'express' },
    env: {
      ...{ DATABASE_URL: database.url, REDIS_URL: redis.url, JWT_ALGORITHM: 'ES256', DPOP: 'offer' },
      ...{ LOGIN_THROTTLE: 'off', DEMO_USERS: `${USER.email}:${USER.password}:user` },
    },
  });

beforeAll(async () => {
  [database, redis, keys] = await Promise.all([createDatabase(), privateRedis(), generateKeyPair('ES256')]);
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
  const token = way === REQUEST ? grant.accessToken : undefined;
  const proof = await generateProof(keys, `http://${HOST}${way.path}`, way.method, nonce, token);
  return { ...way, proof, token };
}

const send = ({ url }: Demo, { method, path, json, proof, token }: Sent): Promise<HttpAnswer> =>
  httpClient(url).request(method, path, {
    cookies: 'omit',
    json: json?.(),
    headers: { host: HOST, dpop: proof, ...(token && { authorization: `DPoP ${token}` }) },
  });

/** Twice to each of the three processes, all at once. */
async function everywhere(sent: Sent): Promise<number[]> {
  const answers = await Promise.all([...demos, ...demos].map((demo) => send(demo, sent)));
  const good = answers.find(({ status }) => status === 200);
  if (good && sent.path !== REQUEST.path) grant = good.json();
  return answers.map(({ status }) => status).sort((one, other) => one - other);
}
const once = ({ refusal }: Way) => [200, ...Array<number>(5).fill(refusal)];
const never = (status: number) => Array<number>(6).fill(status);

/** As a client does that is asked for a nonce. */
async function learnNonce(): Promise<void> {
  nonce = (await send(demos[0] as Demo, await prove(SIGN_IN))).headers['dpop-nonce'];
  expect(nonce).toMatch(/^[\w-]{22}$/);
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
    await eachOnce();
    await noneAgain();
  });

  // T-dpc6
  it('does not work again after Redis was flushed, and a nonce of before is worth nothing', async () => {
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
    'is 503 while Redis does not answer (%s), and used ones do not work afterwards',
    async (signal) => {
      await redis.kill(signal);
      for (const way of WAYS) expect(await everywhere(await prove(way))).toEqual(never(503));
      for (const sent of used) expect(await everywhere(sent)).toEqual(never(503));
      await (signal === 'SIGSTOP' ? redis.kill('SIGCONT') : redis.start());
      // the clients of all three are connected again: they can tell that a used one was used
      const [first] = used as [Sent];
      await until(async () => (await everywhere(first)).every((status) => status === first.refusal));
      await noneAgain();
      if (signal === 'SIGKILL') await learnNonce();
      await eachOnce();
    },
    60_000,
  );
});
