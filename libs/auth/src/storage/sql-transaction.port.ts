import { AuthError } from '../common/auth-error.js';

/** What a statement of Tokenward's takes in a transaction of the host's. */
export type SqlParameter = string | number | null;

export type SqlRow = Readonly<Record<string, unknown>>;

/**
 * A transaction that the host opened on PostgreSQL, whatever library opened it. `/pg`, `/postgres-js`, `/typeorm`, `/prisma`, `/kysely`, `/knex`
 * and `/mikro-orm` make one of theirs; extend it for another library.
 */
export abstract class SqlTransaction {
  /**
   * Runs one statement in that transaction, and resolves with its rows. `text` has a `$1`, `$2`, … for each parameter, in this order. The
   * parameters are sent apart from the text, never written into it. Throws `transactionRefused` where the transaction is known not to be open.
   */
  abstract query(text: string, parameters: readonly SqlParameter[]): Promise<readonly SqlRow[]>;
}

/** Work of the host in a transaction that its own library opens and commits: what `typeormWork` and its like make, for `AuthService.changeUser`. */
export interface HostWork {
  /**
   * Opens a transaction, does the host's work in it, calls `end` with it, and commits when that resolves. Resolves after the commit; rejects, and
   * leaves nothing behind, where anything before the commit failed.
   */
  run(end: (tx: SqlTransaction) => Promise<void>): Promise<void>;
}

/** A change that would not be atomic: nothing of it was written. */
export function transactionRefused(why: string): AuthError {
  return AuthError.configuration('tx', why);
}
