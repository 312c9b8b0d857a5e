import type { SQL } from 'drizzle-orm';
import { NodePgSession, NodePgTransaction } from 'drizzle-orm/node-postgres';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { QueryConfig, QueryResult } from 'pg';
import type { HostTransaction } from '../storage/sql-transaction.port.js';
import { type Database, dialectOf, type Row, type Transaction } from './database.js';
import { isConnectionLoss, StatementError } from './guarded.js';
import type { Histories } from './histories.js';
import { type CommitMark, MARK_COLUMNS } from './lost-commit.js';
import type { PooledCall } from './pooled-call.js';
import { assertPrimary, WAL_FILE } from './primary-answer.js';

export interface TransactionOptions {
  /**
   * `host`: the default isolation of the host's database, for the host's own work. Default: `read
   * committed`, which every statement here is written for.
   */
  readonly isolation?: 'host';
  /**
   * `asked`: if the connection is lost during the commit, the server is asked whether it was
   * committed. Not for transactions that only read, because it makes the server assign an id.
   */
  readonly outcome?: 'asked';
  /** `any`: the work itself decides whether the server is a former primary. A standby is refused all the same. */
  readonly timeline?: 'any';
}

/** A transaction of Tokenward's own. */
export interface OwnTransaction extends Transaction {
  /** The database's time when the transaction began. */
  readonly nowMs: number;
  query(config: QueryConfig): Promise<QueryResult<Row>>;
  /** The same transaction, for use with the host's Drizzle. */
  host(): HostTransaction;
}

/** How much longer the answer to a commit is awaited, because it tells the caller whether the change was made. */
const COMMIT_GRACE_MS = 1_000;
/**
 * A column that makes this transaction's commit wait for the disk, even if the host has turned that
 * off: a revocation or a refresh that was answered must survive a crash of the server. Other
 * settings are kept, because they say which standbys the commit waits for.
 */
export const SYNCHRONOUS_COMMIT = `case current_setting('synchronous_commit') when 'off' then set_config('synchronous_commit', 'on', true) end`;
const dialect = new PgDialect();

export function toQuery(query: SQL): QueryConfig {
  const { sql: text, params } = dialect.sqlToQuery(query);
  return { text, values: params };
}

/**
 * Drizzle's own transaction does not release the client when `begin` is rejected, and it would
 * commit after the caller has left.
 */
export async function inTransaction<T>(
  call: PooledCall,
  { db, histories }: { readonly db: Database; readonly histories: Histories },
  work: (tx: OwnTransaction) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  call.begins();
  try {
    const { row, mark } = await begin(call, options);
    assertPrimary(row, options.timeline === 'any' ? 0 : histories.newestTimeline());
    const nowMs = Number(row?.['now']);
    const query = (config: QueryConfig): Promise<QueryResult<Row>> => call.query(config);
    const execute = (statement: SQL): Promise<QueryResult<Row>> => call.query(toQuery(statement));
    const result = await work({ nowMs, query, execute, host: () => forHost(call, db) });
    call.commits(COMMIT_GRACE_MS);
    const { command } = await call.query({ text: 'commit' }).catch(async (error: unknown) => {
      if (mark && isConnectionLoss(error) && (await call.stands(mark)))
        return { command: 'COMMIT' };
      throw error;
    });
    // a statement of the host's work failed and the work went on: the server has rolled back
    if (command !== 'COMMIT')
      throw new StatementError(new Error('the transaction was rolled back'));
    call.ends();
    return result;
  } catch (error) {
    // a failed connection is destroyed, which also rolls back
    if (!isConnectionLoss(error))
      await call.query({ text: 'rollback' }).then(
        () => call.ends(),
        () => undefined,
      );
    throw error;
  }
}

/**
 * One round trip. Postgres enforces the limits: a caller who left, or a dead connection, must not
 * hold a lock for long.
 */
async function begin(
  call: PooledCall,
  { isolation, outcome }: TransactionOptions,
): Promise<{ row: Row | undefined; mark: CommitMark | undefined }> {
  const limit = String(call.serverLimitMs());
  const text = `begin${isolation === 'host' ? '' : ' isolation level read committed'};
    set local statement_timeout = ${limit}; set local lock_timeout = ${limit};
    set local idle_in_transaction_session_timeout = ${limit};
    select extract(epoch from clock_timestamp()) * 1000 as now, ${WAL_FILE}, ${SYNCHRONOUS_COMMIT}${outcome ? `, ${MARK_COLUMNS}` : ''}`;
  const results = (await call.query({ text })) as unknown as readonly QueryResult<Row>[];
  const row = results.at(-1)?.rows[0];
  const mark = outcome && { id: String(row?.['id']), server: String(row?.['server']) };
  return { row, mark };
}

/** Has the host's casing, schema and logger, so that the host's tables and relational queries work in it. */
function forHost(call: PooledCall, db: Database): HostTransaction {
  const own = dialectOf(db);
  const { session, ...schema } = db._;
  const { logger, cache } = session as unknown as ConstructorParameters<typeof NodePgSession>[3] &
    object;
  const relational = schema.schema ? (schema as never) : undefined;
  return new NodePgTransaction(
    own,
    new NodePgSession(call.client, own, relational, { logger, cache }),
    relational,
  );
}
