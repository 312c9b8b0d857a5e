import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { migrateAuth } from '@tokenward/nestjs/drizzle';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { openDatabase } from './database.module.js';

const FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url));
const LOCK = 6_113_508_204;

/** Tokenward's tables, then the demo's; processes that start together take turns. */
export async function migrateAll(databaseUrl: string): Promise<void> {
  if (!existsSync(FOLDER))
    throw new Error('the demo was built without its migrations: run npm run build');
  const database = openDatabase(databaseUrl);
  try {
    await migrateAuth(database);
    const client = await database.$client.connect();
    try {
      const own = drizzle(client);
      // a process that waits for the lock waits for a whole migration
      await own.execute(sql`set statement_timeout = '60s'`);
      await own.execute(sql`set lock_timeout = '60s'`);
      await own.execute(sql`select pg_advisory_lock(${LOCK})`);
      await migrate(own, { migrationsFolder: FOLDER });
    } finally {
      client.release(true);
    }
  } finally {
    await database.$client.end();
  }
}
