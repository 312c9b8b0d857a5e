import { drizzleTransaction, drizzleWork } from '@tokenward/nestjs/drizzle';
import { eq } from 'drizzle-orm';
import { drizzle as onNodePostgres } from 'drizzle-orm/node-postgres';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { drizzle as onPostgresJs } from 'drizzle-orm/postgres-js';
import pg from 'pg';
import postgres from 'postgres';
import { people } from '../support/host-app.js';
import { type Connect, type HostLibrary, nothing } from './host-library.js';

export const drizzleOnNodePostgres: Connect = (url) => {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return Promise.resolve(libraryOf(onNodePostgres(pool), () => pool.end()));
};

export const drizzleOnPostgresJs: Connect = (url) => {
  const sql = postgres(url, { max: 4, onnotice: () => undefined });
  return Promise.resolve(libraryOf(onPostgresJs(sql), () => sql.end()));
};

function libraryOf<Kind extends PgQueryResultHKT>(
  db: PgDatabase<Kind>,
  close: () => Promise<void>,
): HostLibrary {
  const write = async (
    tx: Pick<typeof db, 'update'>,
    userId: string,
    role: string,
  ): Promise<void> => {
    await tx.update(people).set({ kind: role }).where(eq(people.ref, userId));
  };
  return {
    open: (use) => db.transaction((tx) => use(drizzleTransaction(tx))),
    transaction: (userId, role, use) =>
      db.transaction(async (tx) => {
        await write(tx, userId, role);
        await use(tx);
      }),
    notOpen: drizzleTransaction(db),
    work: (userId, role, also = nothing) =>
      drizzleWork(db, async (tx) => {
        if (userId) await write(tx, userId, role);
        await also();
      }),
    close,
  };
}
