import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Redis } from 'ioredis';
import pg from 'pg';
import { SystemClock } from '../common/clock.js';
import { SystemEntropy } from '../common/entropy.js';
import type { RevocableToken } from '../common/ledger-entry.js';
import { DrizzleRevocationLedgerStore } from '../drizzle/drizzle-revocation-ledger.store.js';
import { createAuthSchema } from '../drizzle/schema.js';
import type { ResolvedAuthOptions } from '../options/resolved-options.js';
import { RevocationChecker } from '../revocation/revocation-checker.service.js';
import type { RevocationLedgerStore } from '../revocation/revocation-ledger.store.js';
import { RevocationView } from '../revocation/revocation-view.service.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { redisConnection } from './redis-connection.js';
import type { RedisRevocationFeedBus } from './redis-revocation-feed.bus.js';

const POSTGRES = process.env['TEST_DATABASE_URL'] ?? '';
const REDIS = process.env['TEST_REDIS_URL'] ?? '';
const DDL = `create table PREFIXrevocations (id bigint primary key generated always as identity, kind text not null, subject text not null,
  min_version integer, issued_before bigint, expires_at timestamptz(3) not null, created_at timestamptz(3) not null default now(),
  xid xid8 not null default pg_current_xact_id())`;

const prefix = `feed_${randomUUID().slice(0, 8)}_`;
const schema = createAuthSchema({ prefix });
const pool = new pg.Pool({ connectionString: POSTGRES, max: 8 });
const ledger = new DrizzleRevocationLedgerStore(drizzle(pool), schema, { deadlineMs: 1_000 });
const revocation = {
  mode: 'mirror' as const,
  maxStalenessMs: 1_000,
  unproven: 'redis' as const,
  deadlineMs: 250,
  maxEntries: 10_000,
};
const options = { revocation } as ResolvedAuthOptions;

function token(): RevocableToken {
  const issuedAt = Math.floor(Date.now() / 1000);
  return { tokenId: randomUUID(), sessionId: randomUUID(), subject: randomUUID(), tokenVersion: 1, keyId: 'k1', issuedAt };
}

/** A process: its own connections, view, checker. */
async function start(keyPrefix: string, over: { ledger?: RevocationLedgerStore | 'none'; redis?: 'none' } = {}) {
  const host = new Redis(REDIS, { keyPrefix });
  const connection = over.redis === 'none' ? undefined : redisConnection(host);
  const feed = connection?.feed as RedisRevocationFeedBus | undefined;
  const own = over.ledger === 'none' ? undefined : (over.ledger ?? ledger);
  const clock = new SystemClock();
  const view = new RevocationView(options, clock, new SystemEntropy(), own, feed);
  const checker = new RevocationChecker(options, clock, view, own, feed);
  const service = new RevocationService(options, clock, view, own, feed);
  await view.ready();
  const stop = async (): Promise<void> => {
    await view.onApplicationShutdown();
    await connection?.close();
    host.disconnect();
  };
  running.push(stop);
  return { host, feed, view, checker, service, stop };
}

const running: (() => Promise<void>)[] = [];

async function until(what: () => boolean | Promise<boolean>, withinMs = 3_000): Promise<number> {
  const from = performance.now();
  while (!(await what())) {
    if (performance.now() - from > withinMs) throw new Error('did not happen in time');
    await wait(2);
  }
  return performance.now() - from;
}

beforeAll(async () => {
  await pool.query(DDL.replace('PREFIX', prefix));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((stop) => stop()));
});
afterAll(async () => {
  await pool.query(`drop table ${prefix}revocations`);
  await pool.end();
});

describe('revocation over Postgres and Redis', () => {
  it('carries a revocation to another process within milliseconds, and both prove their view', async () => {
    const keys = `${prefix}a:`;
    const [a, b] = [await start(keys), await start(keys)];
    await until(() => a.view.state().linked && b.view.state().linked && b.view.state().ageMs < 1_000);
    for (let i = 0; i < 20; i++) {
      const t = token();
      expect(b.checker.check(t)).toBe('live');
      await a.service.revokeToken(t.tokenId, t.issuedAt + 900);
      expect(a.checker.check(t)).toBe('revoked');
      expect(await until(() => b.checker.check(t) === 'revoked')).toBeLessThan(100);
    }
    expect(await a.host.get(`token:revoked:${token().tokenId}`)).toBeNull();
  });

  it('stays proven by the feed alone, for seconds, with one heartbeat chain for all', async () => {
    const keys = `${prefix}b:`;
    await start(keys);
    const b = await start(keys, { ledger: 'none' });
    await until(() => b.view.state().provenBy === 'redis');
    let worst = 0;
    const from = performance.now();
    while (performance.now() - from < 3_000) {
      worst = Math.max(worst, b.view.state().ageMs);
      expect(b.checker.check(token())).toBe('live');
      await wait(5);
    }
    expect(worst).toBeLessThan(1_000);
    expect(b.checker.counters.redis + b.checker.counters.unproven).toBe(0);
  });

  it('refills a flushed Redis, copies included', async () => {
    const keys = `${prefix}c:`;
    const a = await start(keys);
    const t = token();
    await a.service.revokeSessionEntry(t.sessionId);
    await a.service.revokeUserEntry(t.subject, 7);
    await a.service.revokeUserEntry(t.subject, 3);
    await a.service.revokeKey('gone');
    expect(await a.host.get(`session:revoked:${t.sessionId}`)).toBe('1');
    expect(await a.host.get(`user:version:${t.subject}`)).toBe('7');
    const stored = await a.host.keys(`${keys}*`);
    await a.host.del(...stored.map((key) => key.slice(keys.length)));
    await until(async () => (await a.host.get(`user:version:${t.subject}`)) === '7');
    await until(async () => (await a.host.get('key:revoked:gone')) === '1');
    const b = await start(keys, { ledger: 'none' });
    expect(await b.checker.check(t, { strict: 'strict' })).toBe('revoked');
    expect(await b.feed?.lookup(t)).toMatchObject({ verdict: 'revoked' });
  });

  it('answers from Postgres alone when there is no Redis, woken by NOTIFY', async () => {
    const [a, b] = [await start('', { redis: 'none' }), await start('', { redis: 'none' })];
    const took: number[] = [];
    for (let i = 0; i < 10; i++) {
      const t = token();
      expect(b.checker.check(t)).toBe('live');
      await a.service.revokeToken(t.tokenId, t.issuedAt + 900);
      took.push(await until(() => b.checker.check(t) === 'revoked'));
    }
    expect(took.sort((x, y) => x - y)[8]).toBeLessThan(100);
  });
});
