import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createDatabase,
  createRedisDatabase,
  type TestDatabase,
  type TestRedisDatabase,
} from './support/databases.js';
import type { HttpAnswer, HttpClient } from './support/http.js';
import { type ProxyMode, type TcpProxy, tcpProxy } from './support/proxy.js';
import {
  admin,
  logIn,
  type Person,
  REFUSED,
  refusalOf,
  register,
  signUp,
  STAGE_TIMEOUT_MS,
  type Stage,
  startStage,
} from './support/stage.js';

/** Two stores' deadlines of 2 s each and the connection's, on a machine that is busy. */
const WITHIN_MS = 8_000;
const UNAVAILABLE =
  '{"statusCode":503,"error":"Service Unavailable","message":"Temporarily unavailable","code":"unavailable"}';

let database: TestDatabase;
let redisDatabase: TestRedisDatabase;
let postgres: TcpProxy;
let redis: TcpProxy;
let stage: Stage;
beforeAll(async () => {
  [database, redisDatabase] = await Promise.all([createDatabase(), createRedisDatabase()]);
  [postgres, redis] = await Promise.all([tcpProxy(database.url), tcpProxy(redisDatabase.url)]);
  stage = await startStage({
    databaseUrl: postgres.url,
    redisUrl: redis.url,
    env: { LOGIN_THROTTLE: '50/1000/1000/15m' },
  });
}, STAGE_TIMEOUT_MS);
afterEach(() => {
  postgres.setMode('forward');
  redis.setMode('forward');
});
afterAll(async () => {
  await stage?.close();
  await Promise.all([postgres?.close(), redis?.close()]);
  await Promise.all([database?.drop(), redisDatabase?.drop()]);
});

const FAULTS: readonly ProxyMode[] = ['cut', 'hang'];

describe('an outage', () => {
  let client: HttpClient;
  let person: Person;
  beforeEach(async () => {
    client = stage.demos.fastify.client();
    person = await until200(client);
  });

  /** Recovery by itself: nobody restarts anything between the tests. */
  async function until200(from: HttpClient): Promise<Person> {
    const until = performance.now() + 15_000;
    for (;;) {
      const person = await register(from).catch((error: Error) => error);
      if (!(person instanceof Error)) {
        await logIn(from, person);
        return person;
      }
      if (performance.now() > until) throw person;
    }
  }

  async function timed(request: Promise<HttpAnswer>): Promise<HttpAnswer> {
    const startedAt = performance.now();
    const answer = await request;
    expect(performance.now() - startedAt).toBeLessThan(WITHIN_MS);
    return answer;
  }

  function expectUnavailable(answer: HttpAnswer): void {
    expect(answer.status).toBe(503);
    expect(answer.text).toBe(UNAVAILABLE);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(answer.headers['www-authenticate']).toBeUndefined();
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.setCookies).toEqual([]);
  }

  it.each(FAULTS)(
    'Postgres away (%s): what needs it is 503 in time, and everything works when it is back',
    async (mode) => {
      const { email, password } = person;
      postgres.setMode(mode);

      const answers = await Promise.all([
        timed(client.copy().post('/auth/login', { email, password })),
        timed(client.copy().post('/auth/login', { email: 'nobody@people.test', password })),
        timed(client.copy().post('/auth/refresh')),
        timed(client.copy().post('/auth/logout')),
        timed(client.copy().post('/auth/logout-all')),
        timed(client.copy().get('/auth/sessions')),
        timed(client.copy().delete('/auth/sessions')),
        timed(client.copy().post('/auth/reauthenticate', { password })),
        timed(client.copy().post('/auth/register', { email: 'new@people.test', password })),
        timed(client.copy().get('/notes')),
        timed(client.copy().post('/notes', { text: 'x' })),
      ]);
      answers.forEach(expectUnavailable);

      postgres.setMode('forward');
      const tries = performance.now() + 15_000;
      let refreshed = await client.copy().post('/auth/refresh');
      while (refreshed.status === 503 && performance.now() < tries)
        refreshed = await client.copy().post('/auth/refresh');
      const login = await client.post('/auth/login', { email, password });
      expect(login.status).toBe(200);
      expect((await client.post('/auth/logout')).status).toBe(204);
    },
  );

  // T-cpd3
  it('Postgres down: an access token still works if an uninterrupted Redis does not refuse it', async () => {
    postgres.setMode('cut');
    expect((await timed(client.get('/me'))).status).toBe(200);
    expectUnavailableBody(await timed(stageAdmin().get('/health/ready')));
  });

  const stageAdmin = () => stage.demos.fastify.client();
  function expectUnavailableBody(answer: HttpAnswer): void {
    expect(answer.status).toBe(503);
    expect(Object.keys(answer.json())).toEqual(['statusCode', 'error', 'message', 'code']);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  }

  // T-znj5
  it('Postgres down: the authoritative check is 503', async () => {
    const root = stageAdmin();
    await logIn(root, admin);
    postgres.setMode('cut');
    const answer = await timed(root.get('/admin/users'));
    expect(answer.status).toBe(503);
    expect(answer.text).toBe(UNAVAILABLE);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  });

  // T-k5p3
  it.each(FAULTS)('Redis away (%s): everything keeps working, revoking included', async (mode) => {
    const elsewhere = stage.demos.express.client();
    redis.setMode(mode);

    expect((await timed(client.get('/me'))).status).toBe(200);
    expect((await timed(client.post('/auth/refresh'))).status).toBe(200);
    await logIn(elsewhere, person);
    expect((await elsewhere.get('/me')).status).toBe(200);
    expect(
      (await timed(signUp(stage.demos.fastify.client()).then(({ answer }) => answer))).status,
    ).toBe(200);

    const kept = [client.copy(), elsewhere.copy()];
    expect((await timed(client.post('/auth/logout-all'))).status).toBe(204);
    expect(refusalOf(await timed(kept[0]!.get('/me')))).toEqual(REFUSED);
    const latest = performance.now() + 1500;
    let answer = await kept[1]!.get('/me');
    while (answer.status === 200 && performance.now() < latest) answer = await kept[1]!.get('/me');
    expect(refusalOf(answer)).toEqual(REFUSED);

    redis.setMode('forward');
    await logIn(client, person);
    expect((await client.get('/me')).status).toBe(200);
    expect(refusalOf(await kept[1]!.get('/me'))).toEqual(REFUSED);
  });
});
