import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { poolOf } from './host-pool.js';
import { inTransaction } from './own-transaction.js';
import { PooledCall } from './pooled-call.js';
import type { Database } from './database.js';

it('nothing more is sent, and no commit, once the caller has left; the client is destroyed', async () => {
  const pool = new pg.Pool({ connectionString: process.env['TEST_DATABASE_URL'], max: 1 });
  try {
    const table = 'abandoned_by_its_caller';
    await pool.query(`create table ${table} (n int)`);
    const before = (await pool.query('select pg_backend_pid() as pid')).rows;
    let ended: Promise<unknown> = Promise.resolve();
    const left = new PooledCall(poolOf(drizzle(pool) as unknown as Database), 'a slow host', 300).run(
      (call) => {
        const work = inTransaction(
          call,
          {} as Database,
          async (tx) => {
            // the server's own limit would end it as well
            await tx.query({ text: 'set local idle_in_transaction_session_timeout = 0' });
            await tx.query({ text: `insert into ${table} values (1)` });
            // the work of the host goes on beyond the deadline, between two statements
            await delay(400);
          },
          {},
        );
        ended = work.catch((error: unknown) => error);
        return work;
      },
    );
    await expect(left).rejects.toMatchObject({ reason: 'unavailable' });
    expect(await ended).toBeInstanceOf(Error);
    expect((await pool.query(`select n from ${table}`)).rows).toEqual([]);
    expect((await pool.query('select pg_backend_pid() as pid')).rows).not.toEqual(before);
    await pool.query(`drop table ${table}`);
  } finally {
    await pool.end();
  }
});

it('where the answer to a commit does not come in time, the refusal says that it may stand', async () => {
  const pool = new pg.Pool({ connectionString: process.env['TEST_DATABASE_URL'], max: 1 });
  try {
    const table = 'committed_without_an_answer';
    await pool.query(`create table ${table} (n int)`);
    const left = new PooledCall(poolOf(drizzle(pool) as unknown as Database), 'a change', 200).run((call) => {
      call.commits(0);
      const text = `do $$ begin insert into ${table} values (1); commit; perform pg_sleep(5); end $$`;
      return call.query({ text });
    });
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
