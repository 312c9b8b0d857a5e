import type { Kysely, Transaction } from 'kysely';
import {
  type HostWork,
  type SqlParameter,
  type SqlRow,
  SqlTransaction,
  transactionRefused,
} from '../storage/sql-transaction.port.js';
import { type CompiledQueryRunner, compiledQuery } from './compiled-query.js';

/** A transaction of Kysely, controlled ones too. */
export interface KyselyTransaction extends CompiledQueryRunner {
  readonly isTransaction: boolean;
  /** Without what renames columns. */
  withoutPlugins(): CompiledQueryRunner;
}

class KyselySqlTransaction extends SqlTransaction {
  constructor(private readonly trx: KyselyTransaction) {
    super();
  }

  override async query(
    text: string,
    parameters: readonly SqlParameter[],
  ): Promise<readonly SqlRow[]> {
    if (!this.trx.isTransaction)
      throw transactionRefused(
        'is not a transaction of Kysely; pass what db.transaction().execute gives you',
      );
    const { rows } = await this.trx.withoutPlugins().executeQuery(compiledQuery(text, parameters));
    return rows as readonly SqlRow[];
  }
}

/** What `db.transaction().execute(async (trx) => …)` gives you. */
export function kyselyTransaction(trx: KyselyTransaction): SqlTransaction {
  return new KyselySqlTransaction(trx);
}

/** `work` in a transaction of Kysely. */
export function kyselyWork<DB>(
  db: Kysely<DB>,
  work: (trx: Transaction<DB>) => Promise<void>,
): HostWork {
  return {
    run: (end) =>
      db.transaction().execute(async (trx) => {
        await work(trx);
        await end(kyselyTransaction(trx));
      }),
  };
}
