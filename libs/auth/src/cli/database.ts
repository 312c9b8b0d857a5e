import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { cureOf } from '../drizzle/cures.js';
import { type AuthSchema, createAuthSchema } from '../drizzle/schema.js';
import { type Arguments, databaseUrlOf } from './arguments.js';
import { CommandError, type Environment, UsageError } from './io.js';

export type CliDatabase = NodePgDatabase<Record<string, unknown>> & { readonly $client: pg.Pool };

/** A name that Postgres accepts without quotes. A typing error is refused here, before Postgres sees it. */
const NAME = /^[a-z_][a-z0-9_]{0,48}$/;

/** The tables of `--schema` and `--prefix`, built as by `createAuthSchema`. */
export function tablesOf({ values }: Arguments): AuthSchema {
  for (const name of ['schema', 'prefix'] as const)
    if (values[name] !== undefined && !NAME.test(values[name]))
      throw new UsageError(
        `--${name} must be small letters, digits and underscores, as in createAuthSchema`,
      );
  return createAuthSchema({ schema: values.schema, prefix: values.prefix });
}

/** Names the place of the tables, for messages. */
export function placeOf({ values }: Arguments): string {
  return `tables ${values.prefix ?? 'auth_'}… of ${values.schema === undefined ? 'the search path' : `schema ${values.schema}`}`;
}

/** Opens the database, does the work and closes the database. */
export async function withDatabase<T>(
  args: Arguments,
  environment: Environment,
  work: (db: CliDatabase) => Promise<T>,
): Promise<T> {
  const connectionString = databaseUrlOf(args, environment);
  if (!connectionString) throw new UsageError('the database is not named: set DATABASE_URL');
  const protocol = URL.canParse(connectionString) ? new URL(connectionString).protocol : '';
  if (!/^postgres(?:ql)?:$/.test(protocol))
    throw new UsageError('DATABASE_URL must begin with postgres://');
  const pool = new pg.Pool({ connectionString, max: 4, connectionTimeoutMillis: 10_000 });
  // the failure also rejects the query; the event alone must not end the process
  pool.on('error', () => undefined);
  try {
    await pool.query('select 1').catch((error: { code?: unknown }) => {
      const reason = cureOf(error) ?? (typeof error.code === 'string' ? error.code : 'no answer');
      throw new CommandError(`the database cannot be used: ${reason}`);
    });
    return await work(drizzle(pool) as CliDatabase);
  } finally {
    await pool.end();
  }
}
