import type { Sql, TransactionSql } from 'postgres';
import {
  type HostWork,
  type SqlParameter,
  type SqlRow,
  SqlTransaction,
  transactionRefused,
} from '../storage/sql-transaction.port.js';

/** What `sql.begin` of postgres.js gives to its callback. */
export interface PostgresJsTransaction {
  unsafe(text: string, parameters: SqlParameter[]): PromiseLike<readonly SqlRow[]>;
}

class PostgresJsSqlTransaction extends SqlTransaction {
  constructor(private readonly sql: PostgresJsTransaction) {
    super();
  }

  override async query(
    text: string,
    parameters: readonly SqlParameter[],
  ): Promise<readonly SqlRow[]> {
    // the base has `begin`, a transaction has `savepoint`
    if (!('savepoint' in this.sql))
      throw transactionRefused(
        'is not a transaction of postgres.js; pass what sql.begin gives you',
      );
    return await this.sql.unsafe(text, [...parameters]);
  }
}

/** What `sql.begin(async (tx) => …)` of postgres.js gives you. */
export function postgresJsTransaction(tx: PostgresJsTransaction): SqlTransaction {
  return new PostgresJsSqlTransaction(tx);
}

/** `work` in `sql.begin`. */
export function postgresJsWork<Types extends Record<string, unknown>>(
  sql: Sql<Types>,
  work: (tx: TransactionSql<Types>) => Promise<void>,
): HostWork {
  return {
    run: async (end) => {
      await sql.begin(async (tx) => {
        await work(tx);
        await end(postgresJsTransaction(tx));
      });
    },
  };
}
