import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { Pool } from 'pg';

/** Where the shipped migrations are, for `drizzle-kit migrate` or a tool of the host's. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url));

/** An arbitrary constant: whoever migrates Tokenward's tables holds it. */
const LOCK = 7_270_193_551;

/**
 * Brings Tokenward's tables up to date; safe when many processes start at once (one migrates, the others wait). Keeps its own
 * record (`drizzle.__tokenward_migrations`), apart from the host's.
 */
export async function migrateAuth(
  db: NodePgDatabase<Record<string, unknown>> & { readonly $client: Pool },
): Promise<void> {
  const client = await db.$client.connect();
  try {
    const own = drizzle(client);
    // whoever waits for the lock waits for a whole migration; the pool's own limits are for requests
    await own.execute(
      sql`select set_config('statement_timeout', '60s', false), set_config('lock_timeout', '60s', false)`,
    );
    await own.execute(sql`select pg_advisory_lock(${LOCK})`);
    await migrate(own, { migrationsFolder: MIGRATIONS_FOLDER, migrationsTable: '__tokenward_migrations' });
  } finally {
    // closed, not given back: lock and limits end with the connection
    client.release(true);
  }
}
