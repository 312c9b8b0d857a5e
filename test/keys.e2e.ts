import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createDatabase,
  createRedisDatabase,
  type TestDatabase,
  type TestRedisDatabase,
  testPool,
} from './support/databases.js';
import { type Demo, startDemo } from './support/demo.js';
import type { HttpAnswer, HttpClient } from './support/http.js';
import { type Orders, startOrders } from './support/orders.js';
import { type ListedKeys, tokenward } from './support/tokenward.js';

/** Full size, on a machine that does nothing else: KEY_ROTATION_SECONDS=60 npm test -- test/keys.e2e.ts */
const SECONDS = Number(process.env['KEY_ROTATION_SECONDS'] ?? 14);
const FULL_SIZE = SECONDS >= 60;
const USERS = 50;
const ROTATIONS = 3;
/** Well above the JWKS cache and the readings of the keys: this machine may be busy. */
const LEAD_MS = FULL_SIZE ? 6_000 : 2_500;
const PASSWORD = 'a quiet river at noon';
const START_MS = 150_000;

let database: TestDatabase;
let redis: TestRedisDatabase;
let demos: readonly [Demo, Demo];
let orders: Orders;
let env: Record<string, string>;

interface Grant {
  readonly accessToken: string;
  readonly refreshToken: string;
}
const headerOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as {
    readonly kid: string;
  };
const bearer = (token: string) => ({
  headers: { authorization: `Bearer ${token}` },
  cookies: 'omit' as const,
});
const me = (client: HttpClient, token: string) => client.get('/me', bearer(token));
const ask = (client: HttpClient, token: string) => client.get('/orders', bearer(token));
const publishedBy = async (demo: Demo): Promise<string[]> =>
  (await demo.client().get('/.well-known/jwks.json'))
    .json<{ keys: { kid: string }[] }>()
    .keys.map(({ kid }) => kid);

/**
 * A store that is slow is answered 503, on a machine that is short of time too; a client comes back, and it has nothing
 * to do with keys.
 */
async function patiently(send: () => Promise<HttpAnswer>, onBusy: () => void): Promise<HttpAnswer> {
  for (let tries = 0; ; tries += 1) {
    const answer = await send();
    if (answer.status !== 503 || tries === 10) return answer;
    onBusy();
    await delay(500);
  }
}

async function signIn(demo: Demo, email: string): Promise<Grant> {
  const body = { email, password: PASSWORD, transport: 'bearer' };
  const send = () => demo.client().post('/auth/login', body, { cookies: 'omit' });
  const answer = await patiently(send, () => undefined);
  if (answer.status !== 200) throw new Error(`login: ${String(answer.status)}`);
  return answer.json<Grant>();
}

const refresh = (demo: Demo, { refreshToken }: Grant) =>
  demo.client().post('/auth/refresh', { refreshToken }, { cookies: 'omit' });

/** One of them hashes; the others have its password. */
async function people(): Promise<string[]> {
  const emails = Array.from({ length: USERS }, (_, index) => `user${String(index)}@example.com`);
  const pool = testPool({ connectionString: database.url, max: 1 });
  await pool.query(
    `insert into users (email, password_hash, role) select email, (select password_hash from users limit 1), 'user'
      from unnest($1::text[]) as email`,
    [emails],
  );
  await pool.end();
  return emails;
}

beforeAll(async () => {
  [database, redis] = await Promise.all([createDatabase(), createRedisDatabase()]);
  const { out } = await tokenward('secret --encryption');
  env = {
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    KEY_ENCRYPTION_KEYS: out.trim(),
    JWT_ALGORITHM: 'ES256',
    JWKS_CACHE: '1s',
    KEY_REFRESH: '200ms',
    LOGIN_THROTTLE: 'off',
    // a refresh that was answered 503 is sent again
    REUSE_LEEWAY: '10s',
    DEMO_USERS: `first@example.com:${PASSWORD}:user`,
  };
  const first = await startDemo({ env });
  demos = [first, await startDemo({ env, adapter: 'fastify' })];
  orders = await startOrders({
    JWKS_URL: `${first.url}/.well-known/jwks.json`,
    REDIS_URL: redis.url,
    JWT_ALGORITHM: 'ES256',
    JWKS_REFRESH: '1s',
    JWKS_COOL_DOWN: '500ms',
  });
}, START_MS);

afterAll(async () => {
  await Promise.all([...(demos ?? []).map((demo) => demo.stop()), orders?.stop()]);
  await Promise.all([database?.drop(), redis?.drop()]);
});

describe('keys that rotate', () => {
  // T-z7k2
  it(
    'three times under load, on two processes: no request fails, no login is lost, each phase is published',
    async () => {
      const grants = await Promise.all(
        (await people()).map((email, n) => signIn(demos[n % 2 ? 1 : 0], email)),
      );
      /** When the rotation was asked for that made a key. */
      const asked = new Map<string, number>();
      /** What both processes published, by the time it was asked for. */
      const published: { readonly sentAt: number; readonly kids: readonly string[] }[] = [];
      const used = new Map<string, number>();
      const failures: string[] = [];
      let requests = 0;
      let busy = 0;
      const send = (what: () => Promise<HttpAnswer>) => patiently(what, () => (busy += 1));
      const until = performance.now() + SECONDS * 1000;
      // on a busy machine a little longer: until the last key has signed
      const goesOn = () => {
        const over = performance.now() - until;
        return over < 0 || (used.size <= ROTATIONS && over < 60_000);
      };
      const note = (map: Map<string, number>, kid: string, at: number) => {
        if (!map.has(kid)) map.set(kid, at);
      };
      const count = (what: string, status: number) => {
        requests += 1;
        if (status !== 200) failures.push(`${what} ${String(status)}`);
      };
      const live = async (index: number): Promise<void> => {
        for (let round = index; goesOn(); round += 1) {
          const demo = demos[round % 2 ? 1 : 0];
          const answer = await send(() => refresh(demo, grants[index] as Grant));
          count('refresh', answer.status);
          if (answer.status !== 200) return;
          const grant = (grants[index] = answer.json<Grant>());
          note(used, headerOf(grant.accessToken).kid, performance.now());
          // on the process that did not sign it, and on the service that only verifies
          const other = demos[round % 2 ? 0 : 1].client();
          count('me', (await send(() => me(other, grant.accessToken))).status);
          count('orders', (await send(() => ask(orders.client(), grant.accessToken))).status);
          await delay(FULL_SIZE ? 200 : 600);
        }
      };
      const watch = async (): Promise<void> => {
        while (goesOn()) {
          const sentAt = performance.now();
          const [one, two] = await Promise.all(demos.map(publishedBy));
          published.push({ sentAt, kids: (one ?? []).filter((kid) => two?.includes(kid)) });
          await delay(50);
        }
      };
      const pause = (SECONDS * 1000 - LEAD_MS - 1_500) / ROTATIONS;
      const seen: string[][] = [];
      const rotate = async (): Promise<void> => {
        for (let turn = 0; turn < ROTATIONS; turn += 1) {
          const since = performance.now();
          const line = `keys rotate --lead-time ${String(LEAD_MS)}ms --json`;
          const { code, out, error } = await tokenward(line, env);
          if (code !== 0) throw new Error(error);
          const { keys } = JSON.parse(out) as ListedKeys;
          for (const { kid } of keys) note(asked, kid, since);
          seen.push(keys.map(({ phase }) => phase).sort());
          // the key of this turn must sign before there can be another
          await delay(Math.max(pause - (performance.now() - since), LEAD_MS));
        }
      };
      await Promise.all([...grants.map((_, index) => live(index)), watch(), rotate()]);

      expect(failures).toEqual([]);
      if (FULL_SIZE) expect(busy).toBe(0);
      expect(requests).toBeGreaterThan(USERS * 3);
      // next beside active, and the ones before retired
      expect(seen).toEqual([
        ['active', 'next'],
        ['active', 'next', 'retired'],
        ['active', 'next', 'retired', 'retired'],
      ]);
      expect([...used.keys()]).toHaveLength(ROTATIONS + 1);
      const [, ...later] = [...used.keys()];
      for (const kid of later) {
        const usedAt = used.get(kid) ?? 0;
        expect(usedAt - (asked.get(kid) ?? Infinity)).toBeGreaterThan(LEAD_MS);
        const after = published.filter(({ sentAt }) => sentAt > usedAt);
        expect(after.filter(({ kids }) => !kids.includes(kid))).toEqual([]);
      }
      // every key that signed is published still: tokens of it are alive
      for (const demo of demos)
        expect((await publishedBy(demo)).sort()).toEqual([...used.keys()].sort());
      const last = await Promise.all(grants.map((grant) => send(() => refresh(demos[0], grant))));
      expect(last.map(({ status }) => status)).toEqual(grants.map(() => 200));
    },
    SECONDS * 1000 + 180_000,
  );

  // T-p9r3
  it('a revoked key: its tokens are refused on every process within a second, and no session is lost', async () => {
    const grant = await signIn(demos[0], 'first@example.com');
    const { kid } = headerOf(grant.accessToken);
    const ways = [
      () => me(demos[0].client(), grant.accessToken),
      () => me(demos[1].client(), grant.accessToken),
      () => ask(orders.client(), grant.accessToken),
    ];
    for (const way of ways) expect((await way()).status).toBe(200);
    const { code, error } = await tokenward(`keys revoke ${kid}`, env);
    const since = performance.now();
    expect([code, error]).toEqual([0, '']);
    /** When the last request was sent that was still accepted: the check comes later. */
    const acceptedUntil = async (way: (typeof ways)[number]): Promise<number> => {
      for (let last = 0; ; await delay(10)) {
        const sentAt = performance.now() - since;
        const { status } = await way();
        if (status === 401) return last;
        if (status === 200) last = sentAt;
        if (sentAt > 20_000) return Infinity;
      }
    };
    for (const each of await Promise.all(ways.map(acceptedUntil))) expect(each).toBeLessThan(1_000);
    // a busy machine may answer 503, which is no acceptance
    const judged = async (way: (typeof ways)[number]): Promise<number> => {
      let { status } = await way();
      for (let tries = 0; status === 503 && tries < 100; tries += 1) {
        await delay(50);
        ({ status } = await way());
      }
      return status;
    };
    expect(await Promise.all(ways.map(judged))).toEqual([401, 401, 401]);

    // the session goes on under another key, which the service that only verifies fetches by itself
    let fresh = await refresh(demos[1], grant);
    for (let tries = 0; fresh.status === 503 && tries < 100; tries += 1) {
      await delay(100);
      fresh = await refresh(demos[1], grant);
    }
    const { accessToken } = fresh.json<Grant>();
    expect(headerOf(accessToken).kid).not.toBe(kid);
    for (const demo of demos) {
      let status = 0;
      for (let tries = 0; status !== 200 && tries < 100; tries += 1) {
        ({ status } = await me(demo.client(), accessToken));
        if (status !== 200) await delay(100);
      }
      expect(status).toBe(200);
      expect(await publishedBy(demo)).not.toContain(kid);
    }
    let status = 0;
    for (let tries = 0; status !== 200 && tries < 100; tries += 1) {
      ({ status } = await ask(orders.client(), accessToken));
      if (status !== 200) await delay(100);
    }
    expect(status).toBe(200);
  }, 120_000);
});
