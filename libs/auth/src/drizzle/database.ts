import { type SQL, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { PgDialect } from 'drizzle-orm/pg-core';

/** The host's Drizzle database (node-postgres driver), with any schema. */
export type Database = NodePgDatabase<Record<string, unknown>>;

export type Row = Record<string, unknown>;

/** Runs a statement inside a transaction, which is Tokenward's or the host's. */
export interface Transaction {
  execute(
    query: SQL,
  ): PromiseLike<{ readonly rows: readonly Row[]; readonly rowCount: number | null }>;
}

/** With `withReplicas`, security reads go to the primary. */
export function primaryOf(db: Database): Database {
  const given = db as (Database & { $primary?: Database }) | undefined;
  return given?.$primary ?? db;
}

/** Drizzle does not export its dialect. The dialect knows how the host writes names (`casing`). */
export function dialectOf(db: Database): PgDialect {
  return (db as Database & { readonly dialect: PgDialect }).dialect;
}

export async function rows(runner: Transaction, query: SQL): Promise<readonly Row[]> {
  return (await runner.execute(query)).rows;
}

/** Milliseconds since the epoch. Drizzle returns timestamps as text, so a number is selected instead. */
export function ms(expression: SQL): SQL {
  return sql`(extract(epoch from ${expression}) * 1000)::float8`;
}
