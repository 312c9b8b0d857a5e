import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { testPool } from '../../../../test/support/databases.js';
import type { LedgerEntry } from '../storage/ledger-entry.js';
import type { LedgerHistory } from '../storage/revocation-ledger.port.js';
import { rows, type Transaction } from './database.js';
import { drizzleKeySource } from './drizzle-key-source.store.js';
import { drizzleStorage } from './drizzle-storage.js';
import { newSession, rotationOf, useStore } from './session-fixture.fixture.js';

const session = newSession();
const SEALING = { encryptionKeys: [`k:${randomBytes(32).toString('base64url')}`] };
const { subject: owner, id } = session;

describe('a database that is not what it seems', () => {
  const fixture = useStore();
  let pool: typeof fixture.pool;
  let storage: ReturnType<typeof drizzleStorage>;
  let known: LedgerHistory | undefined;
  let knownElsewhere: LedgerHistory | undefined;
  beforeAll(async () => {
    ({ pool } = fixture);
    storage = drizzleStorage(fixture.db, { deadline: '1s' });
    storage.ledger.setHistory(() => known);
    storage.ledger.setHistory(() => knownElsewhere);
    await storage.sessions.open(session);
    await storage.ledger.identity();
  });

  const tokenEntry = (id: string): LedgerEntry => ({
    kind: 'token',
    id,
    value: 0,
    expiresAt: Date.now() + 600_000,
  });
  const [tokenId, sessionId, subject, keyId] = ['t', 's', 'u', 'k'] as const;
  const token = { tokenId, sessionId, subject, tokenVersion: 3, keyId, issuedAt: 1_000 };

  /** What this process knows of the ledger, and what becomes of work while it knows that. */
  async function knowing(change: Partial<LedgerHistory>, work: () => Promise<unknown> | undefined) {
    const { position } = await storage.ledger.readSince(undefined);
    known = { ...position, ...change };
    try {
      return await work();
    } finally {
      known = undefined;
    }
  }

  // T-c7rg
  it.each<[string, () => Promise<unknown> | undefined]>([
    ['whether a token is revoked', () => storage.ledger.isRevoked(token)],
    ['the authoritative check', () => storage.sessions.readAuthority({ ...token, sessionId: id })],
    ['a session', () => storage.sessions.read(id)],
    ['a session that it does not have', () => storage.sessions.read(randomUUID())],
    ['the counters of a user without a row', () => storage.sessions.readSubject('nobody')],
    ['the sessions of a user', () => storage.sessions.list(owner)],
    ['the second factors of a user', () => storage.factors.of(owner)],
    ['a refresh', () => storage.sessions.rotate(rotationOf(session))],
    ['a refresh with a spent token', () => storage.sessions.rotate(rotationOf(newSession()))],
    ['a sign-in', () => storage.sessions.open(newSession())],
    ['a sign-out', () => storage.sessions.endOne(id, 'logout')],
    ['a revocation', () => storage.ledger.append([tokenEntry('kept')])],
    [
      'an audit record',
      () => storage.audit?.append([{ type: 'login.failed', severity: 'info', detail: {} }]),
    ],
    ['all revocations', () => storage.ledger.readSince(undefined, () => undefined)],
    ['another storage on its pool', () => drizzleStorage(fixture.db).sessions.read(id)],
    ['the source of keys on its pool', () => drizzleKeySource(fixture.db, SEALING).load()],
  ])('a former primary does not answer %s', async (_what, ask) => {
    const timeline = 1 + (await storage.ledger.readSince(undefined)).position.timeline;
    await expect(knowing({ timeline }, ask)).rejects.toMatchObject({
      code: 'unavailable',
      detail: expect.stringContaining('the database is a former primary'),
    });
    // a pool whose connections all lead to the former primary heals by itself
    expect(pool.idleCount).toBe(0);
    await knowing({}, ask);
  });

  /** What a process that knows a later timeline of `ledger` reads here, and the id of the ledger here afterwards. */
  async function readAs(ledger: string, how: 'all' | 'news') {
    const { position } = await storage.ledger.readSince(undefined);
    const later = { ...position, ledger, timeline: position.timeline + 1 };
    const read = await knowing(later, () =>
      storage.ledger.readSince(how === 'all' ? undefined : later, () => undefined),
    );
    return { read, now: await storage.ledger.identity() };
  }

  // the timelines of another cluster begin at 1, whatever the former one had reached
  it.each(['all', 'news'] as const)(
    'tells a process that knows a later timeline of another ledger which ledger this is (%s)',
    async (how) => {
      const { read, now } = await readAs(randomUUID(), how);
      expect(read).toMatchObject({ position: { ledger: now }, entries: [] });
    },
  );

  it.each(['all', 'news'] as const)(
    'is followed by processes that go on over pg_upgrade, which copies the id of the ledger (%s)',
    async (how) => {
      const copied = await storage.ledger.identity();
      await pool.query(`update auth_ledger set database = '1/1'`);
      const { read, now } = await readAs(copied, how);
      expect(now).not.toBe(copied);
      expect(read).toMatchObject({ position: { ledger: now }, entries: [] });
    },
  );

  // T-c7rj
  it('gives a module that follows this ledger all of it, while another module on the storage still knows another', async () => {
    await storage.ledger.append([tokenEntry('for both')]);
    const { position } = await storage.ledger.readSince(undefined);
    knownElsewhere = { ledger: randomUUID(), timeline: position.timeline };
    const entries: LedgerEntry[] = [];
    const read = () => storage.ledger.readSince(undefined, (batch) => void entries.push(...batch));
    await knowing({}, read);
    expect(
      await knowing({}, () => storage.ledger.isRevoked({ ...token, tokenId: 'for both' })),
    ).toBe(true);
    knownElsewhere = undefined;
    expect(entries.map((entry) => entry.id)).toContain('for both');
  });

  it('goes by the history of a module no longer than until that is closed', async () => {
    const { position } = await storage.ledger.readSince(undefined);
    const later = { ...position, timeline: position.timeline + 1 };
    const forget = storage.ledger.setHistory(() => later);
    await expect(storage.sessions.read(id)).rejects.toMatchObject({ code: 'unavailable' });
    forget();
    await expect(storage.sessions.read(id)).resolves.toBeDefined();
  });

  it('does not answer whether a token is revoked for another ledger', async () => {
    const asked = knowing({ ledger: randomUUID() }, () => storage.ledger.isRevoked(token));
    await expect(asked).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('names the setting without which Amazon Aurora does not tell its timeline', async () => {
    await pool.query(`create schema aurora;
      create function aurora.pg_current_wal_lsn() returns pg_lsn language plpgsql as
        $$ begin raise exception 'wal_level must be set to ''logical''' using errcode = '55000'; end $$`);
    const hosts = testPool({
      connectionString: fixture.url,
      options: '-c search_path=aurora,pg_catalog,public',
    });
    const asked = drizzleStorage(drizzle(hosts)).sessions.read(randomUUID());
    await expect(asked).rejects.toMatchObject({
      code: 'unavailable',
      detail: expect.stringContaining('set rds.logical_replication to 1'),
    });
    await hosts.end();
  });

  // T-c7rh
  it.each([
    [
      'a trigger',
      'create function swallow() returns trigger language plpgsql as $$ begin return null; end $$; create trigger swallow before insert on auth_revocations for each row execute function swallow()',
      'drop trigger swallow on auth_revocations; drop function swallow',
    ],
    [
      'a rule',
      'create rule swallow as on insert to auth_revocations do instead nothing',
      'drop rule swallow on auth_revocations',
    ],
  ])(
    'does not take a revocation for durable that %s of the host swallowed',
    async (what, make, drop) => {
      await pool.query(make);
      await expect(storage.ledger.append([tokenEntry('lost')])).rejects.toMatchObject({
        code: 'unavailable',
      });
      await pool.query(drop);
      await storage.ledger.append([tokenEntry(what)]);
      const { entries } = await storage.ledger.readSince(undefined);
      expect(entries.map((entry) => entry.id)).toContain(what);
      expect(entries.map((entry) => entry.id)).not.toContain('lost');
    },
  );

  it('waits for the disk when it revokes, also in a transaction of a host that does not wait', async () => {
    await pool.query(`alter database "${fixture.name}" set synchronous_commit = off`);
    const hosts = testPool({ connectionString: fixture.url });
    const db = drizzle(hosts);
    const { sessions } = drizzleStorage(db);
    const setting = async (tx: Transaction) =>
      (await rows(tx, sql`select current_setting('synchronous_commit') as is`))[0]?.['is'];
    const seen: unknown[] = [await setting(db)];
    const work = async (tx: object) => void seen.push(await setting(tx as Transaction));
    await sessions.endAll(owner, 'ended_by_host', { work });
    await db.transaction(async (tx) => {
      await sessions.endAll(owner, 'ended_by_host', { tx });
      await work(tx);
    });
    await hosts.end();
    expect(seen).toEqual(['off', 'on', 'on']);
  });

  it('waits for the disk when it rotates: a spent refresh token does not come back with a crash', async () => {
    await pool.query(`alter database "${fixture.name}" set synchronous_commit = off`);
    await pool.query(`create table seen (setting text);
      create function note() returns trigger language plpgsql as $$ begin insert into seen values (current_setting('synchronous_commit')); return null; end $$;
      create trigger note after update on auth_sessions for each row execute function note()`);
    const hosts = testPool({ connectionString: fixture.url });
    const { sessions } = drizzleStorage(drizzle(hosts));
    const refreshed = newSession();
    await sessions.open(refreshed);
    expect((await sessions.rotate(rotationOf(refreshed))).kind).toBe('rotated');
    await hosts.end();
    expect((await pool.query('select setting from seen')).rows).toEqual([{ setting: 'on' }]);
    await pool.query('drop function note cascade; drop table seen');
  });

  it('warns at boot of a table that a crash of the server empties', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const boot = () => drizzleStorage(drizzle(pool)).check();
    await boot();
    expect(warn).not.toHaveBeenCalled();
    await pool.query('alter table auth_revocations set unlogged');
    await boot();
    await pool.query('alter table auth_revocations set logged');
    expect(warn.mock.calls).toEqual([[expect.stringContaining('empties auth_revocations')]]);
    warn.mockRestore();
  });
});
