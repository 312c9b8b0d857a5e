import { sql, type SQL } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { HostTransaction } from '../storage/host-transaction.js';

/** The host's Drizzle database (node-postgres driver), whatever its own schema is. */
export type Database = NodePgDatabase<Record<string, unknown>>;
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];
export type Runner = Pick<Database, 'execute' | 'insert'>;

/** With `withReplicas` the reads of security go to the primary. */
export function primaryOf(db: Database): Database {
  const { $primary } = db as Database & { $primary?: Database };
  return $primary ?? db;
}

export function asTransaction(tx: HostTransaction): Transaction {
  if (!('execute' in tx) || !('insert' in tx)) throw new TypeError('not a Drizzle transaction');
  return tx as Transaction;
}

export type Row = Record<string, unknown>;

export async function rows(runner: Pick<Database, 'execute'>, query: SQL): Promise<readonly Row[]> {
  return (await runner.execute<Row>(query)).rows;
}

/** Milliseconds since the epoch: Drizzle hands timestamps out as text, so none is parsed here. */
export function ms(expression: SQL): SQL {
  return sql`(extract(epoch from ${expression}) * 1000)::float8`;
}

/** Bounds what the transaction may wait for, by Postgres's own means, and tells its time. */
export async function begin(tx: Runner, deadlineMs: number): Promise<number> {
  const limit = `${String(deadlineMs)}ms`;
  const [row] = await rows(
    tx,
    sql`select set_config('statement_timeout', ${limit}, true), set_config('lock_timeout', ${limit}, true),
      ${ms(sql`clock_timestamp()`)} as now`,
  );
  return Number(row?.['now']);
}
