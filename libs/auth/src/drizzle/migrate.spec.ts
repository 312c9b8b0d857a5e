import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { drizzle } from 'drizzle-orm/node-postgres';
import { drizzle as proxyDrizzle } from 'drizzle-orm/pg-proxy';
import type pg from 'pg';
import { createDatabase, type TestDatabase, testPool } from '../../../../test/support/databases.js';
import { migrateAuth } from './migrate.js';

describe('migrateAuth', () => {
  let database: TestDatabase;
  const pools: pg.Pool[] = [];

  beforeAll(async () => {
    database = await createDatabase();
  });

  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    await database.drop();
  });

  function open(settings?: pg.PoolConfig) {
    const pool = testPool({ connectionString: database.url, max: 2, ...settings });
    pools.push(pool);
    return drizzle(pool);
  }

  it('when several processes start together, one migrates and the others wait, whatever the limits of their pools', async () => {
    const slow = open();
    const holder = await slow.$client.connect();
    await holder.query('select pg_advisory_lock(7270193551)');
    const waiting = Promise.all(
      [1, 2, 3].map(() => migrateAuth(open({ statement_timeout: 50, lock_timeout: 50 }))),
    );
    const { rows } = await holder.query(
      `select pg_sleep(0.3), to_regclass('auth_sessions') as before`,
    );
    expect(rows[0].before).toBeNull();
    await holder.query('select pg_advisory_unlock(7270193551)');
    holder.release();
    await waiting;
    const found = await slow.$client.query(`select to_regclass('auth_sessions') as after`);
    expect(found.rows[0].after).toBe('auth_sessions');
  });

  it('creates again the tables that another tool dropped with their schema, and leaves other schemas alone', async () => {
    const db = open();
    const { $client: pool } = db;
    const kept = async () => (await pool.query('select id from staff.auth_ledger')).rows;
    await migrateAuth(db);
    await migrateAuth(db, { schema: 'staff' });
    await pool.query(`insert into staff.auth_ledger values (gen_random_uuid(), 'x')`);
    const before = await kept();
    await pool.query('drop schema public cascade; create schema public');
    await migrateAuth(db);
    await migrateAuth(db, { schema: 'staff' });
    const { rows } = await pool.query(
      `select to_regclass('public.auth_subjects') as first, to_regclass('public.auth_identities') as last`,
    );
    expect(rows[0]).toEqual({ first: 'auth_subjects', last: 'auth_identities' });
    expect(await kept()).toEqual(before);
  });

  it('leaves the pool’s own limits in force and releases its lock', async () => {
    const db = open({ statement_timeout: 1234, max: 1 });
    await migrateAuth(db);
    const { rows } = await db.$client.query(
      `select current_setting('statement_timeout') as timeout, (select count(*)::int from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())) as locks`,
    );
    expect(rows[0]).toEqual({ timeout: '1234ms', locks: 0 });
  });

  it('refuses another driver in one line, with the cure', async () => {
    const other = proxyDrizzle(() => Promise.resolve({ rows: [] }));
    await expect(migrateAuth(other as never)).rejects.toThrow(
      /^migrateAuth: needs Drizzle on a Pool of node-postgres, and this is a PgRemoteDatabase; write /,
    );
  });

  it('says in one line what its role may not do, and where to migrate instead', async () => {
    const role = `tw_${randomBytes(5).toString('hex')}`;
    const { $client: admin } = open();
    await admin.query(`create role ${role}; revoke create on schema public from public`);
    const said = await migrateAuth(open({ options: `-c role=${role}` })).catch(String);
    await admin.query(`drop role ${role}`);
    expect(said).toMatch(
      /^AuthError: migrateAuth: 42501 permission denied for [^\n]*`tokenward migrate`[^\n]*$/,
    );
    const readOnly = open({ options: '-c default_transaction_read_only=on' });
    expect(await migrateAuth(readOnly).catch(String)).toMatch(
      /^AuthError: migrateAuth: 25006 cannot execute [^\n]* in a read-only transaction; [^\n]*$/,
    );
  });

  it('in a bundle, which has no SQL files beside it, says so and touches nothing', async () => {
    const db = open();
    jest.unstable_mockModule('node:fs', () => ({ ...fs, existsSync: () => false }));
    await jest.isolateModulesAsync(async () => {
      const bundled = await import('./migrate.js');
      await expect(bundled.migrateAuth(db)).rejects.toThrow(
        /^migrateAuth: its SQL files are not beside its code.*`tokenward migrate`/,
      );
    });
    expect(db.$client.totalCount).toBe(0);
  });
});
