import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { createDatabase, type TestDatabase, testPool } from '../../../../test/support/databases.js';
import type { NewAuditRecord } from '../storage/audit-record.js';
import { AuthDatabase } from './auth-database.js';
import { DrizzleAuditStore } from './drizzle-audit.store.js';
import { migrateAuth } from './migrate.js';
import { createAuthSchema } from './schema.js';

describe('DrizzleAuditStore', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let store: DrizzleAuditStore;

  beforeAll(async () => {
    database = await createDatabase();
    pool = testPool({ connectionString: database.url, max: 4 });
    const db = drizzle(pool);
    await migrateAuth(db);
    store = new DrizzleAuditStore(new AuthDatabase(db, createAuthSchema()), { deadlineMs: 5_000 });
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const record = (changes: Partial<NewAuditRecord> = {}): NewAuditRecord => ({
    type: 'refresh.rotated',
    severity: 'info',
    userId: randomUUID(),
    detail: {},
    ...changes,
  });

  it('stores any text that a client sent', async () => {
    const userId = randomUUID();
    const nasty = `'); drop table auth_audit; -- \0 \ud800 ${'x'.repeat(500)}`;
    await store.append([
      record({ userId, ip: 'no address', userAgent: nasty, detail: { reason: nasty, n: 1 } }),
      record({
        userId,
        ip: 'fe80::1%eth0',
        at: '2026-01-02T03:04:05.678Z',
        sessionId: 's',
        type: 'login.failed',
      }),
    ]);
    const [second, first] = await store.find({ userId, limit: 10 });
    const kept = nasty.replace('\0', '').replace('\ud800', '');
    expect(first).toMatchObject({ ip: undefined, userAgent: kept, detail: { reason: kept, n: 1 } });
    expect(second).toMatchObject({ ip: 'fe80::1', at: '2026-01-02T03:04:05.678Z', sessionId: 's' });
  });

  it('finds records by user, type and time, newest first, and continues after a cursor', async () => {
    const userId = randomUUID();
    const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
    await store.append(
      [0, 1, 2, 3, 4].map((n) =>
        record({ userId, at: at(n), type: n % 2 ? 'login.failed' : 'refresh.rotated' }),
      ),
    );
    await store.append([record({ at: at(1) })]);
    const minutes = async (query: object) =>
      (await store.find({ userId, limit: 10, ...query })).map((each) =>
        new Date(each.at).getUTCMinutes(),
      );
    expect(await minutes({})).toEqual([4, 3, 2, 1, 0]);
    expect(await minutes({ types: ['login.failed'] })).toEqual([3, 1]);
    expect(await minutes({ types: [] })).toEqual([]);
    expect(await minutes({ from: new Date(at(1)), to: new Date(at(3)) })).toEqual([2, 1]);
    const page = await store.find({ userId, limit: 2 });
    expect(await minutes({ cursor: page.at(-1)?.id })).toEqual([2, 1, 0]);
  });

  it('finds what one user did to others, and no record without an actor', async () => {
    const [actorId, userId] = [randomUUID(), randomUUID()];
    await store.append([
      record({ type: 'sessions.ended', userId, actorId }),
      record({ type: 'sessions.ended', userId }),
      record({ type: 'password.changed', userId: actorId, actorId }),
      record({ type: 'sessions.ended', userId: actorId, actorId: userId }),
    ]);
    const found = await store.find({ actorId, limit: 10 });
    expect(found.map(({ type, userId: about }) => [type, about])).toEqual([
      ['password.changed', actorId],
      ['sessions.ended', userId],
    ]);
    expect((await store.find({ userId, limit: 10 })).map((each) => each.actorId)).toEqual([
      undefined,
      actorId,
    ]);
    expect(await store.find({ userId, actorId, types: ['password.changed'], limit: 10 })).toEqual(
      [],
    );
  });

  it('removes old records in pages, on several processes at once', async () => {
    await store.append(Array.from({ length: 25 }, () => record({ at: '2020-01-01T00:00:00Z' })));
    const year = 365 * 86_400_000;
    const removed = await Promise.all([
      store.removeOlder(year, 10),
      store.removeOlder(year, 10),
      store.removeOlder(year, 10),
    ]);
    const rest = await store.removeOlder(year, 100);
    expect(removed.reduce((sum, each) => sum + each, rest)).toBe(25);
    expect(await store.removeOlder(year, 100)).toBe(0);
    expect((await store.find({ limit: 500 })).every(({ at }) => at > '2025')).toBe(true);
  });

  it.each([
    ['192.0.2.9', 'agent', 'known', 'known'],
    ['192.0.3.9', 'agent', 'new', 'known'],
    ['2001:db8:1:ffff::1', 'other', 'known', 'new'],
    ['2001:db8:2::1', 'other', 'new', 'new'],
    [undefined, undefined, 'known', 'known'],
  ])('says of %s with %s: network %s, user agent %s', async (ip, userAgent, network, agent) => {
    const userId = randomUUID();
    const login = { type: 'login.succeeded', userId, userAgent: 'agent' } as const;
    expect(await store.familiarity({ userId, sessionId: 'x', ip, userAgent })).toMatchObject({
      earlier: 0,
    });
    await store.append([
      record({ ...login, ip: '192.0.2.1', sessionId: 'a' }),
      record({ ...login, ip: '2001:db8:1::1', sessionId: 'b' }),
      // itself
      record({ ...login, ip, userAgent, sessionId: 'x' }),
    ]);
    expect(await store.familiarity({ userId, sessionId: 'x', ip, userAgent })).toEqual({
      earlier: 2,
      network,
      userAgent: agent,
    });
  });
});
