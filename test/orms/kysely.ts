import { kyselyTransaction, kyselyWork } from '@tokenward/nestjs/kysely';
import { CamelCasePlugin, Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import { type Connect, nothing } from './host-library.js';

interface Tables {
  people: { personRef: string; kind: string | null };
}

export const kysely: Connect = (url) => {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => void client.on('error', () => undefined));
  const dialect = new PostgresDialect({ pool });
  const db = new Kysely<Tables>({ dialect, plugins: [new CamelCasePlugin()] });
  const write = async (trx: Transaction<Tables>, userId: string, role: string): Promise<void> => {
    await trx.updateTable('people').set({ kind: role }).where('personRef', '=', userId).execute();
  };
  return Promise.resolve({
    open: (use) => db.transaction().execute((trx) => use(kyselyTransaction(trx))),
    transaction: (userId, role, use) =>
      db.transaction().execute(async (trx) => {
        await write(trx, userId, role);
        await use(kyselyTransaction(trx));
      }),
    notOpen: kyselyTransaction(db),
    work: (userId, role, also = nothing) =>
      kyselyWork(db, async (trx) => {
        if (userId) await write(trx, userId, role);
        await also();
      }),
    close: () => db.destroy(),
  });
};
