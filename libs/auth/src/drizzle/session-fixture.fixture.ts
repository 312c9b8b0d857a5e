import { afterAll, beforeAll } from '@jest/globals';
import { drizzle } from 'drizzle-orm/node-postgres';
import { AuthDatabase } from './auth-database.js';
import { DrizzleSessionStore } from './drizzle-session.store.js';
import { migrateAuth } from './migrate.js';
import { createAuthSchema } from './schema.js';
import { createDatabase, testPool, type TestDatabase } from '../../../../test/support/databases.js';

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

/** The same on a database of its own, for all tests of a block. */
export function useStore() {
  const fixture = {} as Awaited<ReturnType<typeof openStore>> & Pick<TestDatabase, 'url' | 'name'>;
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase();
    Object.assign(fixture, await openStore(database.url), database);
  });
  afterAll(async () => {
    await fixture.pool.end();
    await database.drop();
  });
  return fixture;
}

export { newSession, rotationOf } from '../testing/conformance/samples.js';
