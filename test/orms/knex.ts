import { knexTransaction, knexWork } from '@tokenward/nestjs/knex';
import knexFor, { type Knex } from 'knex';
import { type Connect, nothing } from './host-library.js';

export const knex: Connect = (url) => {
  const db = knexFor({ client: 'pg', connection: url, pool: { min: 0, max: 4 } });
  const write = async (trx: Knex.Transaction, userId: string, role: string): Promise<void> => {
    await trx('people').update({ kind: role }).where({ person_ref: userId });
  };
  return Promise.resolve({
    open: (use) => db.transaction((trx) => use(knexTransaction(trx))),
    transaction: (userId, role, use) =>
      db.transaction(async (trx) => {
        await write(trx, userId, role);
        await use(knexTransaction(trx));
      }),
    notOpen: knexTransaction(db),
    work: (userId, role, also = nothing) =>
      knexWork(db, async (trx) => {
        if (userId) await write(trx, userId, role);
        await also();
      }),
    close: () => db.destroy(),
  });
};
