import { PgDialect } from 'drizzle-orm/pg-core';
import {
  type HostTransaction,
  SqlTransaction,
  transactionRefused,
} from '../storage/sql-transaction.port.js';
import type { Row, Transaction } from './database.js';
import { drizzleTransaction } from './drizzle-transaction.js';
import { asPlainText } from './plain-statement.js';

const dialect = new PgDialect();

/** Wraps a transaction that the host opened, so that statements here can run in it. */
export function asTransaction(tx: HostTransaction): Transaction {
  const host = tx instanceof SqlTransaction ? tx : drizzleTransaction(tx);
  return {
    execute: async (query) => {
      const { sql, params } = dialect.sqlToQuery(query);
      const { text, parameters } = asPlainText(sql, params);
      const found: unknown = await host.query(text, parameters).catch(notItsLibrary);
      if (!Array.isArray(found)) throw notItsLibrary();
      const rows = found.map((row: object) => JSON.parse(String(Object.values(row)[0])) as Row);
      return { rows, rowCount: rows.length };
    },
  };
}

/**
 * The adapter got a transaction of another library: a method is missing, or the answer has no rows.
 */
function notItsLibrary(error: unknown = new TypeError()): never {
  if (!(error instanceof TypeError)) throw error;
  throw transactionRefused('is not a transaction of the library that its adapter is for');
}
