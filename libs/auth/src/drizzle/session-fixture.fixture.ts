import { drizzle } from 'drizzle-orm/node-postgres';
import { AuthDatabase } from './auth-database.js';
import { DrizzleSessionStore } from './drizzle-session.store.js';
import { migrateAuth } from './migrate.js';
import { createAuthSchema } from './schema.js';
import { testPool } from '../../../../test/support/databases.js';

/** A migrated database with a store on it, for specs. */
export async function openStore(url: string, max = 24) {
  const pool = testPool({ connectionString: url, max });
  const db = drizzle(pool);
  await migrateAuth(db);
  const schema = createAuthSchema();
  const database = new AuthDatabase(db, schema, {
    tables: ['subjects', 'sessions', 'revocations'],
  });
  return { pool, db, schema, store: new DrizzleSessionStore(database, { deadlineMs: 5000 }) };
}

export { newSession, rotationOf } from '../testing/conformance/samples.js';
