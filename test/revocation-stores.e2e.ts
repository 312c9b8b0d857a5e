import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { SystemClock, SystemEntropy } from '@tokenward/nestjs/options';
import {
  Keyring,
  RevocationChecker,
  RevocationSync,
  type ResolvedAuthOptions,
} from '@tokenward/nestjs/verify';
import { drizzleStorage, migrateAuth } from '@tokenward/nestjs/drizzle';
import { redisConnection } from '@tokenward/nestjs/redis';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Redis } from 'ioredis';
import type pg from 'pg';
import {
  createDatabase,
  createRedisDatabase,
  type TestDatabase,
  type TestRedisDatabase,
  testPool,
} from './support/databases.js';
import { acceptedFor } from './support/accepted-for.js';
import { tcpProxy, type TcpProxy } from './support/proxy.js';

const settings = {
  mode: 'mirror',
  maxStalenessMs: 1_000,
  unproven: 'redis',
  deadlineMs: 250,
  maxEntries: 10_000,
} as const;

/** Those of the issuer: who has no Postgres finds the ledger by them. */
const keyring = Keyring.fromOptions({
  algorithm: 'ES256',
  privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
});

let database: TestDatabase;
let redis: TestRedisDatabase;
let pool: pg.Pool;
const undo: (() => Promise<void>)[] = [];

interface Reach {
  /** None: the process has no such store. */
  readonly postgres?: string;
  readonly redis?: string;
  readonly keyPrefix?: string;
  readonly unproven?: 'redis' | 'refuse';
}

/** A process as the module composes it, with connections of its own. */
async function start(reach: Reach) {
  const clock = new SystemClock();
  const options = {
    revocation: { ...settings, unproven: reach.unproven ?? 'redis' },
  } as unknown as ResolvedAuthOptions;
  const own = reach.postgres ? testPool({ connectionString: reach.postgres, max: 6 }) : undefined;
  const ledger = own && drizzleStorage(drizzle(own), { deadline: '500ms' }).ledger;
  const host = reach.redis
    ? new Redis(reach.redis, { keyPrefix: reach.keyPrefix ?? '' })
    : undefined;
  host?.on('error', () => undefined);
  const connection = host && redisConnection(host);
  const view = new RevocationSync(
    options,
    clock,
    new SystemEntropy(),
    ledger,
    connection?.feed,
    keyring,
  );
  const checker = new RevocationChecker(options, clock, view, ledger, connection?.feed);
  await view.ready();
  const stop = async (): Promise<void> => {
    const from = performance.now();
    await view.onApplicationShutdown();
    await connection?.close();
    host?.disconnect();
    await own?.end();
    expect(performance.now() - from).toBeLessThan(10_000);
  };
  undo.push(stop);
  const revoke = async (tokenId: string): Promise<void> => {
    const entry = {
      kind: 'token',
      id: tokenId,
      value: 0,
      expiresAt: Date.now() + 900_000,
    } as const;
    // half a second is short on a busy machine; what is written twice counts once
    const written = () =>
      ledger?.append([entry]).then(
        () => true,
        () => false,
      ) ?? true;
    await until(written);
    view.add([entry]);
    await connection?.feed.publish(view.view.ledger ?? '', [entry]).catch(() => undefined);
  };
  return { view, checker, host, feed: connection?.feed, revoke };
}

function token() {
  const issuedAt = Math.floor(Date.now() / 1000);
  return {
    tokenId: randomUUID(),
    sessionId: randomUUID(),
    subject: randomUUID(),
    tokenVersion: 1,
    keyId: 'k1',
    issuedAt,
  };
}

async function proxied(url: string): Promise<TcpProxy> {
  const proxy = await tcpProxy(url);
  undo.push(() => proxy.close());
  return proxy;
}

async function until(what: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<number> {
  const from = performance.now();
  while (!(await what())) {
    if (performance.now() - from > withinMs) throw new Error('did not happen in time');
    await wait(2);
  }
  return performance.now() - from;
}

/**
 * Ten in a row within the bound, in milliseconds. A busy machine may try again; what polls would not do it by chance.
 */
async function inTime(boundMs: number, once: () => Promise<number>): Promise<void> {
  await until(async () => {
    for (let n = 0; n < 10; n++) if ((await once()) >= boundMs) return false;
    return true;
  }, 30_000);
}

const verdict = async (checker: RevocationChecker, which: ReturnType<typeof token>) => {
  try {
    return await checker.check(which);
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

/** As HTTP tells the verdict. */
async function status(...asked: Parameters<typeof verdict>): Promise<number> {
  await wait(2);
  const found = await verdict(...asked);
  return found === 'live' ? 200 : found === 'revoked' ? 401 : 503;
}

beforeAll(async () => {
  [database, redis] = await Promise.all([createDatabase(), createRedisDatabase()]);
  pool = testPool({ connectionString: database.url });
  await migrateAuth(drizzle(pool));
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});
afterAll(async () => {
  await pool.end();
  await Promise.all([database.drop(), redis.drop()]);
});

describe('revocation over real stores', () => {
  // T-qxkw
  it('reaches another process within 100 ms, through Redis', async () => {
    const reach = { postgres: database.url, redis: redis.url, keyPrefix: 'near:' };
    const [a, b] = [await start(reach), await start(reach)];
    await until(() => b.view.state().linked && b.view.state().ageMs < 500);
    await inTime(100, async () => {
      const t = token();
      await until(() => b.checker.check(t) === 'live');
      await a.revoke(t.tokenId);
      expect(a.checker.check(t)).toBe('revoked');
      const tookMs = await until(() => b.checker.check(t) === 'revoked');
      expect(await a.host?.get(`token:revoked:${t.tokenId}`)).toBe('1');
      return tookMs;
    });
  });

  it('reaches another process within 100 ms without Redis, woken by Postgres', async () => {
    const [a, b] = [
      await start({ postgres: database.url }),
      await start({ postgres: database.url }),
    ];
    await inTime(100, async () => {
      const t = token();
      await a.revoke(t.tokenId);
      return until(() => b.checker.check(t) === 'revoked');
    });
  });

  it('keeps a service without Postgres proven by the heartbeats of the others', async () => {
    const keyPrefix = 'verify:';
    await start({ postgres: database.url, redis: redis.url, keyPrefix });
    const b = await start({ redis: redis.url, keyPrefix });
    await until(() => b.view.state().provenBy === 'redis');
    // longer than one proof lasts, without a gap; a busy machine may try again
    await until(async () => {
      const { unproven } = b.checker.counters;
      for (const from = performance.now(); performance.now() - from < 1_200; await wait(5))
        if (b.view.state().ageMs >= 1_000 || (await verdict(b.checker, token())) !== 'live')
          return false;
      return b.checker.counters.unproven === unproven;
    }, 30_000);
  });

  it.each(['hang', 'cut'] as const)(
    'continues through Postgres when Redis is lost (%s), and recovers by itself',
    async (mode) => {
      const proxy = await proxied(redis.url);
      const keyPrefix = `lost-${mode}:`;
      const a = await start({ postgres: database.url, redis: redis.url, keyPrefix });
      const b = await start({ postgres: database.url, redis: proxy.url, keyPrefix });
      await until(() => b.view.state().linked);
      proxy.setMode(mode);
      const gone = token();
      await a.revoke(gone.tokenId);
      expect(await acceptedFor(() => status(b.checker, gone))).toBeLessThan(1_000);
      // a busy machine may miss a deadline, and tries again
      await until(async () => {
        for (let n = 0; n < 20; n++) {
          const answer = await status(b.checker, token());
          expect(answer).not.toBe(401);
          if (answer !== 200 || b.view.state().provenBy !== 'postgres') return false;
        }
        return true;
      });
      const own = token();
      await b.revoke(own.tokenId);
      expect(await acceptedFor(() => status(a.checker, own))).toBeLessThan(1_000);
      proxy.setMode('forward');
      await until(() => b.view.state().linked);
      await inTime(300, async () => {
        const after = token();
        await a.revoke(after.tokenId);
        return until(() => b.checker.check(after) === 'revoked');
      });
    },
  );

  // T-zw4k
  it('refills a flushed Redis, copies and head included; a reader without Postgres still refuses revoked tokens', async () => {
    const keyPrefix = 'flush:';
    const a = await start({ postgres: database.url, redis: redis.url, keyPrefix });
    const b = await start({ redis: redis.url, keyPrefix, unproven: 'refuse' });
    const t = token();
    await a.revoke(t.tokenId);
    await until(() => b.checker.check(t) === 'revoked');
    const names = (await a.host?.keys(`${keyPrefix}*`)) ?? [];
    await a.host?.del(...names.map((name) => name.slice(keyPrefix.length)));
    expect(await verdict(b.checker, t)).toBe('revoked');
    const late = await start({ redis: redis.url, keyPrefix, unproven: 'refuse' });
    await until(async () => (await verdict(late.checker, t)) === 'revoked', 2_000);
    await until(async () => (await a.host?.get(`token:revoked:${t.tokenId}`)) === '1');
    await until(() => b.view.state().linked && b.view.state().ageMs < 1_000);
  });

  it('without Postgres accepts by an uninterrupted Redis or refuses, as configured', async () => {
    const proxy = await proxied(database.url);
    const keyPrefix = 'unproven:';
    const going = await start({ postgres: proxy.url, redis: redis.url, keyPrefix });
    const refusing = await start({
      postgres: proxy.url,
      redis: redis.url,
      keyPrefix,
      unproven: 'refuse',
    });
    const known = token();
    await going.revoke(known.tokenId);
    await until(() => going.view.state().linked && refusing.view.state().linked);
    proxy.setMode('hang');
    await until(() => going.view.state().ageMs > 1_100 && refusing.view.state().ageMs > 1_100);
    expect(await verdict(going.checker, token())).toBe('live');
    expect(going.checker.counters.unproven).toBeGreaterThan(0);
    expect(await verdict(refusing.checker, token())).toBe('unavailable');
    expect(await verdict(going.checker, known)).toBe('revoked');
    // A broken Redis is worth nothing.
    const names = (await going.host?.keys(`${keyPrefix}*`)) ?? [];
    await going.host?.del(...names.map((name) => name.slice(keyPrefix.length)));
    expect(await verdict(going.checker, token())).toBe('unavailable');
    proxy.setMode('forward');
    await until(() => going.view.state().ageMs < 1_000 && refusing.view.state().ageMs < 1_000);
    expect(await verdict(refusing.checker, token())).toBe('live');
  });
});
