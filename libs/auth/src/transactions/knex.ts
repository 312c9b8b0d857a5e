import type { Knex } from 'knex';
import {
  type HostWork,
  type SqlParameter,
  type SqlRow,
  SqlTransaction,
  transactionRefused,
} from '../storage/sql-transaction.port.js';
import { questionMarks } from './question-marks.js';

/** A transaction of Knex. */
export interface KnexTransaction {
  raw(sql: string, bindings: readonly SqlParameter[]): PromiseLike<unknown>;
  readonly isTransaction?: boolean;
  isCompleted?(): boolean;
}

class KnexSqlTransaction extends SqlTransaction {
  constructor(private readonly trx: KnexTransaction) {
    super();
  }

  override async query(
    text: string,
    parameters: readonly SqlParameter[],
  ): Promise<readonly SqlRow[]> {
    const { trx } = this;
    if (!trx.isTransaction)
      throw transactionRefused(
        'is not a transaction of Knex; pass what knex.transaction gives you',
      );
    if (trx.isCompleted?.()) throw transactionRefused('is a transaction of Knex that is over');
    const { sql, bindings } = questionMarks(text, parameters);
    return ((await trx.raw(sql, bindings)) as { readonly rows: readonly SqlRow[] }).rows;
  }
}

/** What `knex.transaction(async (trx) => …)` gives you. */
export function knexTransaction(trx: KnexTransaction): SqlTransaction {
  return new KnexSqlTransaction(trx);
}

/** `work` in `knex.transaction`. */
export function knexWork(knex: Knex, work: (trx: Knex.Transaction) => Promise<void>): HostWork {
  return {
    run: (end) =>
      knex.transaction(async (trx) => {
        await work(trx);
        await end(knexTransaction(trx));
      }),
  };
}
