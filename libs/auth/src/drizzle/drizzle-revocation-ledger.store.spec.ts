import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import fc from 'fast-check';
import { lookupFields, toFeedRow, verdictOf } from '../redis/feed-encoding.js';
import { LEDGER_KINDS, type LedgerEntry, refusesToken } from '../storage/ledger-entry.js';
import { RevokedSet } from '../verify/revocation/protocol/revoked-set.js';
import { AuthDatabase } from './auth-database.js';
import { DrizzleSessionStore } from './drizzle-session.store.js';
import { DrizzleRevocationLedgerStore } from './drizzle-revocation-ledger.store.js';
import { ledgerIdentity } from './ledger-identity.js';
import { insertEntries } from './ledger-rows.js';
import { migrateAuth } from './migrate.js';
import { createAuthSchema } from './schema.js';
import { testPool } from '../../../../test/support/databases.js';

const admin = process.env['TEST_DATABASE_URL'] ?? '';
const name = `tokenward_test_${process.env['TEST_RUN_ID'] ?? 'single'}_${randomBytes(5).toString('hex')}`;
const url = new URL(admin);
url.pathname = `/${name}`;
const schema = createAuthSchema();
const pool = testPool({ connectionString: url.href });
const db = drizzle(pool);
const store = new DrizzleRevocationLedgerStore(new AuthDatabase(db, schema), { deadlineMs: 1_000 });

async function asAdmin(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  await client.query(statement);
  await client.end();
}

const tokenEntry = (tokenId: string, inMs = 600_000): LedgerEntry => ({
  kind: 'token',
  id: tokenId,
  value: 0,
  expiresAt: Date.now() + inMs,
});
const ids = (entries: readonly LedgerEntry[]) =>
  entries.map((entry) => (entry.kind === 'token' ? entry.id : entry.kind));
const token = {
  tokenId: 't',
  sessionId: 's',
  subject: 'u',
  tokenVersion: 3,
  keyId: 'k',
  issuedAt: 1_000,
};

beforeAll(async () => {
  await asAdmin(`create database "${name}" template template0`);
  await migrateAuth(db);
});
beforeEach(async () => {
  await pool.query('truncate auth_revocations');
});
afterAll(async () => {
  await pool.end();
  await asAdmin(`drop database if exists "${name}" with (force)`);
});

describe('DrizzleRevocationLedgerStore', () => {
  it('has one id, whichever process asks first', async () => {
    await pool.query('truncate auth_ledger');
    const found = await Promise.all([1, 2, 3, 4].map(() => store.identity()));
    expect(new Set(found).size).toBe(1);
    expect((await store.readSince(undefined)).position.ledger).toBe(found[0]);
  });

  it('a copy of the database gets its own id, and has no entries since a position of the original', async () => {
    const id = await store.identity();
    const { position } = await store.readSince(undefined);
    // the state of a restored dump
    await pool.query(`update auth_ledger set database = '1/1'`);
    try {
      const other = await store.identity();
      expect(other).not.toBe(id);
      await store.append([tokenEntry('elsewhere')]);
      const read = await store.readSince(position);
      expect(read).toEqual({ position: { ...read.position, ledger: other }, entries: [] });
    } finally {
      await pool.query('update auth_ledger set id = $1', [id]);
    }
    expect(await store.identity()).toBe(id);
  });

  it('identifies itself by the database alone where the role may not ask for the server', async () => {
    const id = await store.identity();
    const client = await pool.connect();
    try {
      await client.query('begin');
      await client.query('revoke execute on function pg_control_system() from public');
      await client.query('create role narrow nosuperuser');
      await client.query('grant usage on schema public to narrow');
      await client.query('grant select, insert, update on auth_ledger to narrow');
      await client.query('set local role narrow');
      expect(await ledgerIdentity(drizzle(client) as never, schema)).toBe(id);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  it('reads back entries of every kind, and only live ones', async () => {
    const expiresAt = Date.now() + 60_000;
    const entries: LedgerEntry[] = [
      { kind: 'token', id: randomUUID(), value: 0, expiresAt },
      { kind: 'session', id: randomUUID(), value: 0, expiresAt },
      { kind: 'user', id: "o'brien", value: 4, expiresAt },
      { kind: 'key', id: 'k', value: 0, expiresAt: Date.UTC(9999, 0, 1) },
      { kind: 'all', id: '', value: 1_700_000_000, expiresAt },
    ];
    await store.append([...entries, tokenEntry('gone', -1)]);
    const read = await store.readSince(undefined);
    expect(read.entries).toEqual(expect.arrayContaining(entries));
    expect(read.entries).toHaveLength(entries.length);
    const ledger = await store.identity();
    expect(read.position).toEqual({
      ledger,
      timeline: 1,
      snapshot: expect.stringMatching(/^\d+:\d+:/),
    });
    expect((await store.readSince(read.position)).entries).toEqual([]);
  });

  // T-2j4m
  it('tells the time of the database with each read, whole or since a position', async () => {
    const timeOf = async () =>
      Number(
        (await pool.query('select extract(epoch from clock_timestamp()) * 1000 as t')).rows[0]?.t,
      );
    const before = await timeOf();
    const whole = await store.readSince(undefined, () => undefined);
    const reads = [whole, await store.readSince(undefined), await store.readSince(whole.position)];
    const after = await timeOf();
    for (const { nowMs = 0 } of reads) {
      expect(nowMs).toBeGreaterThanOrEqual(Math.floor(before));
      expect(nowMs).toBeLessThanOrEqual(Math.ceil(after));
    }
  });

  it('does not miss a transaction that began before the last read and commits after it', async () => {
    const late = await pool.connect();
    const lateDb = drizzle(late);
    await lateDb.execute(sql`begin`);
    await insertEntries(lateDb as never, schema.revocations, [tokenEntry('late')]);
    await store.append([tokenEntry('early')]);
    const first = await store.readSince(undefined);
    expect(ids(first.entries)).toEqual(['early']);
    await lateDb.execute(sql`commit`);
    late.release();
    const second = await store.readSince(first.position);
    expect(ids(second.entries)).toEqual(['late']);
    expect(ids((await store.readSince(second.position)).entries)).toEqual([]);
  });

  it('starts over for a position of an earlier timeline or of a database that was ahead, and refuses a later timeline', async () => {
    await store.identity();
    await store.append([tokenEntry('kept')]);
    const { position } = await store.readSince(undefined);
    expect(ids((await store.readSince({ ...position, timeline: 0 })).entries)).toEqual(['kept']);
    expect(
      ids((await store.readSince({ ...position, snapshot: '9000000000:9000000000:' })).entries),
    ).toEqual(['kept']);
    await expect(store.readSince({ ...position, timeline: 2 })).rejects.toMatchObject({
      code: 'unavailable',
    });
    await expect(store.readSince({ ...position, snapshot: "1:1:'" })).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  it.each<[string, LedgerEntry, boolean]>([
    ['its token', tokenEntry('t'), true],
    ['another token', tokenEntry('s'), false],
    ['its token, long ago', tokenEntry('t', -1), false],
    ['its session', { kind: 'session', id: 's', value: 0, expiresAt: Date.now() + 9_999 }, true],
    ['a higher version', { kind: 'user', id: 'u', value: 4, expiresAt: Date.now() + 9_999 }, true],
    ['its own version', { kind: 'user', id: 'u', value: 3, expiresAt: Date.now() + 9_999 }, false],
    ['its key', { kind: 'key', id: 'k', value: 0, expiresAt: Date.UTC(9999, 0, 1) }, true],
    [
      'everything before later',
      { kind: 'all', id: '', value: 1_001, expiresAt: Date.now() + 9_999 },
      true,
    ],
    [
      'everything before then',
      { kind: 'all', id: '', value: 1_000, expiresAt: Date.now() + 9_999 },
      false,
    ],
  ])('answers the strict question: %s', async (_name, entry, revoked) => {
    await store.append([entry]);
    expect(await store.isRevoked(token)).toBe(revoked);
  });

  it('keeps to its deadline while the table is locked, and works again afterwards', async () => {
    const hurried = new DrizzleRevocationLedgerStore(new AuthDatabase(db, schema), {
      deadlineMs: 150,
    });
    const holder = await pool.connect();
    await holder.query('begin; lock table auth_revocations in access exclusive mode');
    const from = performance.now();
    await expect(hurried.isRevoked(token)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(hurried.append([tokenEntry('x')])).rejects.toMatchObject({ code: 'unavailable' });
    expect(performance.now() - from).toBeLessThan(10_000);
    await holder.query('rollback');
    holder.release();
    expect(await store.isRevoked(token)).toBe(false);
  });

  it('wakes listeners after a commit, also after the listening connection was killed', async () => {
    let wakes = 0;
    const woken = async (more: number) => {
      for (let i = 0; wakes < more && i < 500; i++)
        await new Promise((resolve) => setTimeout(resolve, 10));
      expect(wakes).toBeGreaterThanOrEqual(more);
    };
    const stop = await store.onAppended(() => wakes++);
    await woken(1);
    await store.append([tokenEntry('a')]);
    await woken(2);
    await pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%' and datname = $1`,
      [name],
    );
    await woken(3);
    await store.append([tokenEntry('b')]);
    await woken(4);
    await stop();
  });

  it('warns of settings that may lose acknowledged commits', async () => {
    expect(await store.warnings()).toEqual([]);
    await pool.query(`alter database "${name}" set synchronous_commit = off`);
    const other = testPool({ connectionString: url.href });
    const options = { deadlineMs: 1_000 };
    const its = new DrizzleRevocationLedgerStore(new AuthDatabase(drizzle(other), schema), options);
    expect(await its.warnings()).toEqual([expect.stringContaining('set synchronous_commit to on')]);
    await other.end();
    const statement = () => Promise.resolve([{ name: 'fsync' }]);
    const server = { statement } as unknown as AuthDatabase;
    expect(await new DrizzleRevocationLedgerStore(server, options).warnings()).toEqual([
      expect.stringContaining('set fsync to on'),
    ]);
  });
});

describe('the entries that refuse a token', () => {
  const id = fc.constantFrom(
    ...['a', 'b'].map((each) => `0000000${each}-0000-4000-8000-000000000000`),
  );
  const entries = fc
    .record({
      kind: fc.constantFrom(...LEDGER_KINDS),
      id,
      value: fc.nat(3),
      expiresAt: fc.constantFrom(Date.UTC(2020, 0), Date.UTC(2090, 0)),
    })
    .map((entry) => (entry.kind === 'all' ? { ...entry, id: '' } : entry));
  const tokens = fc.record({
    tokenId: id,
    sessionId: id,
    subject: id,
    keyId: id,
    tokenVersion: fc.nat(3),
    issuedAt: fc.nat(3),
  });

  it('are the same for the rule, Postgres, the view and Redis', async () => {
    const sessions = new DrizzleSessionStore(new AuthDatabase(db, schema), { deadlineMs: 1_000 });
    const property = fc.asyncProperty(
      fc.array(entries, { maxLength: 3 }),
      tokens,
      async (written, token) => {
        await pool.query('delete from auth_revocations');
        await store.append(written);
        const live = written.filter(({ expiresAt }) => expiresAt > Date.now());
        const expected = live.some((entry) => refusesToken(entry, token));
        expect(await store.isRevoked(token)).toBe(expected);
        expect((await sessions.readAuthority(token)).revoked).toBe(expected);

        const view = new RevokedSet(10);
        for (const entry of live) view.add(entry, Date.now());
        expect(view.refuses(token)).toBe(expected);

        // the index keeps the greatest value of a field
        const index = new Map<string, string>();
        for (const { field, value, expiresAt } of live
          .map(toFeedRow)
          .toSorted((a, b) => a.value - b.value))
          index.set(field, `${String(value)}:${String(expiresAt)}`);
        const answers = lookupFields(token).map((field) => index.get(field) ?? null);
        expect(verdictOf(token, answers)).toBe(expected ? 'revoked' : 'silent');
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});
