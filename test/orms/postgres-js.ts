import { postgresJsTransaction, postgresJsWork } from '@tokenward/nestjs/postgres-js';
import postgres from 'postgres';
import { type Connect, nothing } from './host-library.js';

export const postgresJs: Connect = (url) => {
  // the host's own transformation of column names, which must not affect Tokenward
  const sql = postgres(url, { max: 4, onnotice: () => undefined, transform: postgres.camel });
  const write = async (
    tx: postgres.TransactionSql,
    userId: string,
    role: string,
  ): Promise<void> => {
    await tx`update people set kind = ${role} where person_ref = ${userId}`;
  };
  return Promise.resolve({
    open: async (use) => {
      await sql.begin((tx) => use(postgresJsTransaction(tx)));
    },
    transaction: async (userId, role, use) => {
      await sql.begin(async (tx) => {
        await write(tx, userId, role);
        await use(postgresJsTransaction(tx));
      });
    },
    notOpen: postgresJsTransaction(sql),
    work: (userId, role, also = nothing) =>
      postgresJsWork(sql, async (tx) => {
        if (userId) await write(tx, userId, role);
        await also();
      }),
    close: () => sql.end(),
  });
};
