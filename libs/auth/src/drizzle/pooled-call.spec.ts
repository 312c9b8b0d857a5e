import { setTimeout as delay } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { Histories } from './histories.js';
import { poolOf } from './host-pool.js';
import { outcomeOf } from './lost-commit.js';
import { inTransaction } from './own-transaction.js';
import { PooledCall } from './pooled-call.js';
import type { Database } from './database.js';
import { testPool } from '../../../../test/support/databases.js';
import { type TcpProxy, tcpProxy } from '../../../../test/support/proxy.js';
import { given } from '../../../../test/support/run-environment.js';
import { until } from '../../../../test/support/until.js';

/** The work takes no host's handle, and nothing is known of a ledger. */
const NOWHERE = { db: {} as Database, histories: new Histories() };

it('after the deadline no statement and no commit is sent, and the client is destroyed', async () => {
  const pool = new pg.Pool({ connectionString: process.env['TEST_DATABASE_URL'], max: 1 });
  try {
    const table = 'abandoned_by_its_caller';
    await pool.query(`create table ${table} (n int)`);
    const before = (await pool.query('select pg_backend_pid() as pid')).rows;
    let ended: Promise<unknown> = Promise.resolve();
    const left = new PooledCall(
      poolOf(drizzle(pool) as unknown as Database),
      'a slow host',
      300,
    ).run((call) => {
      const work = inTransaction(
        call,
        NOWHERE,
        async (tx) => {
          // the server's own limit would end it as well
          await tx.query({ text: 'set local idle_in_transaction_session_timeout = 0' });
          await tx.query({ text: `insert into ${table} values (1)` });
          // the host's work continues past the deadline, between two statements
          await delay(400);
        },
        {},
      );
      ended = work.catch((error: unknown) => error);
      return work;
    });
    await expect(left).rejects.toMatchObject({ reason: 'unavailable' });
    expect(await ended).toBeInstanceOf(Error);
    expect((await pool.query(`select n from ${table}`)).rows).toEqual([]);
    expect((await pool.query('select pg_backend_pid() as pid')).rows).not.toEqual(before);
    await pool.query(`drop table ${table}`);
  } finally {
    await pool.end();
  }
});

it('when a commit is not answered in time, the error says that it may have succeeded', async () => {
  const pool = new pg.Pool({ connectionString: process.env['TEST_DATABASE_URL'], max: 1 });
  try {
    const table = 'committed_without_an_answer';
    await pool.query(`create table ${table} (n int)`);
    const left = new PooledCall(poolOf(drizzle(pool) as unknown as Database), 'a change', 200).run(
      (call) => {
        call.commits(0);
        const text = `do $$ begin insert into ${table} values (1); commit; perform pg_sleep(5); end $$`;
        return call.query({ text });
      },
    );
    await expect(left).rejects.toMatchObject({
      reason: 'unavailable',
      detail: 'a change: the commit was not answered within 200 ms: it may stand',
    });
    expect((await pool.query(`select n from ${table}`)).rows).toEqual([{ n: 1 }]);
    await pool.query(`drop table ${table}`);
  } finally {
    await pool.end();
  }
});

describe('a connection that is lost during the commit', () => {
  /** The commit takes a second, at its first time. */
  async function begun(
    work: (proxy: TcpProxy, admin: pg.Pool, pid: number) => Promise<unknown>,
    deadlineMs = 5_000,
  ) {
    const proxy = await tcpProxy(given('TEST_DATABASE_URL'));
    const admin = testPool({ connectionString: given('TEST_DATABASE_URL') });
    const pool = testPool({ connectionString: proxy.url, max: 1 });
    const name = `lost_commit_${randomBytes(4).toString('hex')}`;
    await admin.query(`create table ${name} (n int); create sequence ${name}_times;
      create function ${name}_slow() returns trigger language plpgsql as $$ begin
        if nextval('${name}_times') = 1 then perform pg_sleep(1); end if; return null; end $$;
      create constraint trigger slow after insert on ${name} deferrable initially deferred
        for each row execute function ${name}_slow()`);
    try {
      const host = poolOf(drizzle(pool) as unknown as Database);
      let pid = 0;
      const done = new PooledCall(host, 'an ending', deadlineMs).run((call) =>
        inTransaction(
          call,
          NOWHERE,
          async (tx) => {
            pid = Number(
              (await tx.query({ text: 'select pg_backend_pid() as pid' })).rows[0]?.['pid'],
            );
            await tx.query({ text: `insert into ${name} values (1)` });
            return 'ended';
          },
          { outcome: 'asked' },
        ),
      );
      const outcome = done.catch((error: unknown) => error);
      await until(async () => {
        const sql = `select 1 from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'`;
        return (await admin.query(sql, [pid])).rowCount === 1;
      });
      await work(proxy, admin, pid);
      const ended = await outcome;
      return { ended, rows: (await admin.query(`select n from ${name}`)).rowCount, pool };
    } finally {
      await admin.query(
        `drop table ${name}; drop sequence ${name}_times; drop function ${name}_slow()`,
      );
      await pool.end();
      await admin.end();
      await proxy.close();
    }
  }

  it('with a commit that succeeded: the server is asked, and the caller gets the result', async () => {
    const { ended, rows } = await begun((proxy) => Promise.resolve(proxy.cutOnce()));
    expect([ended, rows]).toEqual(['ended', 1]);
  });

  it('with a commit that was rolled back: the transaction is repeated once', async () => {
    const { ended, rows } = await begun((_, admin, pid) =>
      admin.query('select pg_terminate_backend($1)', [pid]),
    );
    expect([ended, rows]).toEqual(['ended', 1]);
  });

  it('with an answer of another server process: it is not believed, because transaction ids may have been reused', async () => {
    const pool = testPool({ connectionString: given('TEST_DATABASE_URL') });
    const { rows } = await pool.query<{ id: string }>('select txid_current()::text as id');
    const mark = { id: rows[0]?.id ?? '', server: '1.5' };
    expect(await outcomeOf(poolOf(drizzle(pool) as unknown as Database), mark, () => false)).toBe(
      'unknown',
    );
    await pool.end();
  });

  it('with no server to ask: the error says that the commit may have succeeded', async () => {
    const { ended } = await begun((proxy) => Promise.resolve(proxy.setMode('cut')), 2_500);
    expect(ended).toMatchObject({
      reason: 'unavailable',
      detail: expect.stringMatching(/^an ending: the .*commit.*: it may stand$/),
    });
  });
});
