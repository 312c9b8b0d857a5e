import { AuthError } from '../common/auth-error.js';

/**
 * A transaction that the host opened; opaque to the core. For `drizzleStorage` a Drizzle transaction on PostgreSQL,
 * or a `SqlTransaction` (the result of `typeormTransaction` and similar functions).
 */
export type HostTransaction = object;

/** A parameter of Tokenward's statements in a transaction of the host. */
export type SqlParameter = string | number | null;

export type SqlRow = Readonly<Record<string, unknown>>;

/**
 * A transaction that the host opened on PostgreSQL, with any library. `/pg`, `/postgres-js`, `/typeorm`, `/prisma`,
 * `/kysely`, `/knex` and `/mikro-orm` wrap a transaction of theirs; extend this class for another library.
 */
export abstract class SqlTransaction {
  /**
   * Runs one statement in that transaction, and resolves with its rows. `text` has a `$1`, `$2`, … for each
   * parameter, in this order. The parameters are sent separately from the text, never written into it. Throws
   * `transactionRefused` if the transaction is known not to be open.
   */
  abstract query(text: string, parameters: readonly SqlParameter[]): Promise<readonly SqlRow[]>;
}

/**
 * Work of the host in a transaction that its own library opens and commits, for `AuthService.changeUser`.
 * `typeormWork` and similar functions create one.
 */
export interface HostWork {
  /**
   * Opens a transaction, does the host's work in it, calls `end` with it, and commits after that resolves. Resolves
   * after the commit. If anything before the commit fails, it rolls back and rejects.
   */
  run(end: (tx: SqlTransaction) => Promise<void>): Promise<void>;
}

/** The error for a change that would not be atomic. Nothing was written. */
export function transactionRefused(why: string): AuthError {
  return AuthError.configuration('tx', why);
}
