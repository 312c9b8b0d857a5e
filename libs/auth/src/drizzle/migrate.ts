import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { NodePgDatabase, NodePgSession, NodePgTransaction } from 'drizzle-orm/node-postgres';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { Pool, PoolClient } from 'pg';
import { AuthError } from '../common/auth-error.js';
import { readOptions } from '../common/read-options.js';
import { cureOf, MIGRATION_CURES } from './cures.js';
import type { Database } from './database.js';
import { poolOf } from './host-pool.js';
import { authSchemaSchema } from './schema.js';

/** esbuild leaves none in a bundle in the format of CommonJS. */
const OWN_URL = import.meta.url as string | undefined;

/**
 * The folder of the shipped migrations, for `drizzle-kit migrate` or another tool. Empty in a bundle
 * that does not know where it is.
 */
export const MIGRATIONS_FOLDER =
  OWN_URL === undefined ? '' : fileURLToPath(new URL('../../migrations', OWN_URL));

const BUNDLED =
  'its SQL files are not beside its code, as where a bundler took the code alone; leave @tokenward/nestjs out of the bundle, or run `tokenward migrate` in the release step';

/** The table of applied migrations, separate from the host's own. */
const RECORD = '__tokenward_migrations';

/** An arbitrary constant: the advisory lock of the process that migrates Tokenward's tables. */
const LOCK = 7_270_193_551;

type NoTables = Record<string, never>;

export interface MigrateAuthOptions {
  /**
   * The Postgres schema of the tables, as given to `createAuthSchema({ schema })`. It is created if
   * missing. Default: the schema of the search path.
   */
  readonly schema?: string;
}

export const migrateSchema = authSchemaSchema.pick({ schema: true });

/**
 * Brings Tokenward's tables up to date. Safe when many processes start at once: one migrates, the
 * others wait. Keeps its own record (`__tokenward_migrations` in the schema `drizzle`, or in the
 * given one), separate from the host's. Tables that another tool dropped are created again.
 */
export async function migrateAuth(
  db: NodePgDatabase<Record<string, unknown>> & { readonly $client: Pool },
  options: MigrateAuthOptions = {},
): Promise<void> {
  const { schema } = readOptions(migrateSchema, options, {
    of: 'migrateAuth',
    prefix: 'migrateAuth',
  });
  if (!existsSync(MIGRATIONS_FOLDER)) throw AuthError.configuration('migrateAuth', BUNDLED);
  const client = await poolOf(db as unknown as Database, 'migrateAuth').connect();
  try {
    const own = inOneTransaction(client);
    // a process that waits for the lock waits for a whole migration; the pool's own limits are for requests
    await client.query(
      `begin isolation level read committed; set local statement_timeout = '60s'; set local lock_timeout = '60s'`,
    );
    await own.execute(sql`select pg_advisory_xact_lock(${LOCK})`);
    if (schema !== undefined) {
      await own.execute(sql`create schema if not exists ${sql.identifier(schema)}`);
      await own.execute(sql`set local search_path to ${sql.identifier(schema)}`);
    }
    await forgetLostTables(own, schema);
    await migrate(own, {
      migrationsFolder: MIGRATIONS_FOLDER,
      migrationsTable: RECORD,
      ...(schema === undefined ? {} : { migrationsSchema: schema }),
    });
    await client.query('commit');
    client.release();
  } catch (error) {
    client.release(true);
    const cure = cureOf(error, MIGRATION_CURES);
    throw cure ? AuthError.configuration('migrateAuth', cure) : error;
  }
}

/**
 * Behind a pooler, lock, limits and search path must belong to a transaction: if set on a session,
 * they would remain for the next user of that connection. Drizzle would begin its own transaction
 * too late for this.
 */
function inOneTransaction(client: PoolClient) {
  const dialect = new PgDialect();
  class OpenTransaction extends NodePgSession<NoTables, NoTables> {
    override transaction<T>(
      work: (tx: NodePgTransaction<NoTables, NoTables>) => Promise<T>,
    ): Promise<T> {
      return work(new NodePgTransaction(dialect, this, undefined));
    }
  }
  return new NodePgDatabase(dialect, new OpenTransaction(client, dialect, undefined), undefined);
}

/**
 * The record remains when another tool drops the tables (`prisma migrate reset`, `typeorm
 * schema:drop`); without this the tables would never be created again. Tables that have a record in
 * their own schema belong to that record.
 */
async function forgetLostTables(own: NodePgDatabase<NoTables>, schema?: string): Promise<void> {
  const record = sql`${sql.identifier(schema ?? 'drizzle')}.${sql.identifier(RECORD)}`;
  const place =
    schema === undefined
      ? sql`not exists (select from pg_class r where r.relnamespace = c.relnamespace and r.relname = ${RECORD})`
      : sql`c.relnamespace = to_regnamespace(quote_ident(${schema}))`;
  const { rows } = await own.execute(
    sql`select to_regclass(format('%I.%I', ${schema ?? 'drizzle'}::text, ${RECORD}::text)) is not null
      and not exists (select from pg_class c where c.relname = 'auth_subjects' and c.relkind in ('r', 'p') and ${place}) as lost`,
  );
  if (rows[0]?.['lost'] === true) await own.execute(sql`delete from ${record}`);
}
