import { is, type SQL, sql } from 'drizzle-orm';
import { PgTransaction } from 'drizzle-orm/pg-core';
import {
  type HostTransaction,
  type HostWork,
  type SqlParameter,
  type SqlRow,
  SqlTransaction,
  transactionRefused,
} from '../storage/sql-transaction.port.js';

/** The result formats of Drizzle's drivers: node-postgres returns `{ rows }`, postgres.js returns the rows. */
type DrizzleAnswer = { readonly rows: readonly SqlRow[] } | readonly SqlRow[];

interface Executing {
  execute(query: SQL): PromiseLike<unknown>;
}

class DrizzleTransaction extends SqlTransaction {
  constructor(private readonly tx: HostTransaction) {
    super();
  }

  override async query(
    text: string,
    parameters: readonly SqlParameter[],
  ): Promise<readonly SqlRow[]> {
    const { tx } = this;
    if (!isTransaction(tx))
      throw transactionRefused(
        'is not a transaction of Drizzle; pass what db.transaction gives you (typeormTransaction and its like are for other libraries)',
      );
    if (clientOf(tx)?.getTransactionStatus?.() === 'I')
      throw transactionRefused('is a transaction of Drizzle that is over');
    const found = (await tx.execute(statement(text, parameters))) as DrizzleAnswer;
    return 'rows' in found ? found.rows : found;
  }
}

/** By its class, because one behind a proxy (`@InjectTransaction` of @nestjs-cls) has another prototype. */
function isTransaction(tx: HostTransaction): tx is HostTransaction & Executing {
  // callers without TypeScript may pass anything
  const maker = (tx as Partial<HostTransaction> | null | undefined)?.constructor;
  const prototype = typeof maker === 'function' ? (maker.prototype as object | null) : undefined;
  return (
    typeof prototype === 'object' &&
    prototype !== null &&
    is(Object.create(prototype), PgTransaction)
  );
}

/** Drizzle does not export the client. The client of node-postgres knows whether a transaction is open. */
function clientOf(tx: object): { getTransactionStatus?(): string | null } | undefined {
  return (tx as { session?: { client?: object } }).session?.client;
}

function statement(text: string, parameters: readonly SqlParameter[]): SQL {
  const chunks = text
    .split(/\$(\d+)/)
    .map((each, at) => (at % 2 === 0 ? sql.raw(each) : sql`${parameters[Number(each) - 1]}`));
  return sql.join(chunks);
}

/**
 * Wraps the `tx` of Drizzle's `db.transaction(async (tx) => …)`, on node-postgres or postgres.js.
 * `AuthService` accepts such a transaction directly; use this to run your own SQL text in a
 * transaction that Tokenward gives you.
 */
export function drizzleTransaction(tx: HostTransaction): SqlTransaction {
  return new DrizzleTransaction(tx);
}

/** Runs `work` in `db.transaction` of the host's own database handle, on node-postgres or postgres.js. */
export function drizzleWork<Tx extends HostTransaction>(
  db: { transaction(run: (tx: Tx) => Promise<void>): Promise<void> },
  work: (tx: Tx) => Promise<void>,
): HostWork {
  return {
    run: (end) =>
      db.transaction(async (tx) => {
        await work(tx);
        await end(drizzleTransaction(tx));
      }),
  };
}
