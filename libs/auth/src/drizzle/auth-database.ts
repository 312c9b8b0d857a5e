import { type SQL, sql } from 'drizzle-orm';
import { AuthError, causeOf } from '../common/auth-error.js';
import { withDeadline } from '../common/deadline.js';
import type { HostTransaction } from '../storage/host-transaction.js';
import { transactionRefused } from '../storage/sql-transaction.port.js';
import { type Database, primaryOf, type Row, rows } from './database.js';
import { sqlState, unavailable } from './guarded.js';
import { asTransaction } from './host-transaction.js';
import { type HostPool, poolOf } from './host-pool.js';
import { type Layout, lookAt } from './layout.js';
import { inTransaction, type OwnTransaction, toQuery, type TransactionOptions } from './own-transaction.js';
import { PooledCall } from './pooled-call.js';
import type { AuthSchema } from './schema.js';
import { type NamedUsers, namedUsers, type UserColumns } from './user-columns.js';

export interface AuthDatabaseOptions {
  readonly users?: UserColumns;
  /** Which of the tables the boot looks at; the others are asked for by what uses them. */
  readonly tables?: readonly (keyof AuthSchema)[];
  /** What a refusal names. */
  readonly option?: string;
}

/** By SQLSTATE: what makes a transaction of the host's none that a change can be written in. */
const REFUSED_IN_IT: Readonly<Record<string, string>> = {
  '42P01': "is of a database that has no tables of Tokenward's",
  '25006': 'is read-only; begin one that may write',
  '25P02': 'is a transaction that failed; roll it back, and begin another',
};

/**
 * Tokenward's statements on the host's pool: under a deadline, each client given back or destroyed, with names that do not hang on the search path,
 * and results that do not hang on the host's parsers.
 */
export class AuthDatabase {
  readonly db: Database;
  /** The tables, with the schema that they were found in. Statements are written after the first look. */
  readonly tables: AuthSchema;
  readonly users: NamedUsers | undefined;
  readonly pool: HostPool;
  readonly #layout: Layout;
  #looked: Promise<void> | undefined;
  #place: unknown;

  constructor(db: Database, schema: AuthSchema, options: AuthDatabaseOptions = {}) {
    const { option = 'drizzleStorage', tables = [] } = options;
    this.db = primaryOf(db);
    this.pool = poolOf(this.db, option);
    this.tables = { ...schema };
    this.users = options.users && namedUsers(this.db, options.users);
    this.#layout = { option, tables, schema: this.tables, users: this.users };
  }

  /** Throws what stops a boot where something is missing that every statement needs, `unavailable` where the database does not say. */
  async check(deadlineMs: number): Promise<void> {
    this.#looked ??= lookAt(this.pool, this.#layout, deadlineMs);
    try {
      await this.#looked;
    } catch (error) {
      this.#looked = undefined;
      throw error;
    }
  }

  /** One statement by itself, or in a transaction of the host's. */
  read(what: string, deadlineMs: number, query: () => SQL, tx?: HostTransaction): Promise<readonly Row[]> {
    if (tx) return this.joining(what, deadlineMs, () => rows(asTransaction(tx), query()));
    return this.call(what, deadlineMs, async (call) => (await call.query(toQuery(query()))).rows as Row[]);
  }

  /** All of it or nothing, and nothing where the caller has left before the commit. `work` may be done more than once. */
  transaction<T>(
    what: string,
    deadlineMs: number,
    work: (tx: OwnTransaction) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    return this.call(what, deadlineMs, (call) => inTransaction(call, this.db, work, options));
  }

  /** Work in a transaction of the host's, which alone can undo it. */
  async joining<T>(what: string, deadlineMs: number, work: () => Promise<T>): Promise<T> {
    try {
      await this.check(deadlineMs).catch(asOutage);
      return await withDeadline(work(), deadlineMs, what);
    } catch (error) {
      // Tokenward's own database has the tables: they were looked for
      const refusal = REFUSED_IN_IT[sqlState(error) ?? ''];
      if (refusal) throw transactionRefused(refusal);
      throw unavailable(what, error);
    }
  }

  /** A column by which a database knows itself: the id of its ledger, and its own, since a copy has the same ledger for a while. */
  get place(): SQL {
    return sql`concat((select l.id from ${this.tables.ledger} l limit 1), '/',
      (select d.oid from pg_database d where d.datname = current_database())) as place`;
  }

  /** Whether `place`, read in a transaction of the host's, is Tokenward's own database. */
  async isAt(place: unknown, deadlineMs: number): Promise<boolean> {
    if (this.#place !== place)
      this.#place = (await this.read('know the database', deadlineMs, () => sql`select ${this.place}`))[0]?.[
        'place'
      ];
    return this.#place === place;
  }

  /** Where the work ends at the latest, with `unavailable`. What the host's own work throws is the host's, and is thrown as it is. */
  async call<T>(what: string, deadlineMs: number, work: (call: PooledCall) => Promise<T>): Promise<T> {
    try {
      await this.check(deadlineMs).catch(asOutage);
      return await new PooledCall(this.pool, what, deadlineMs).run(work);
    } catch (error) {
      throw unavailable(what, error);
    }
  }
}

/** Once the application runs, what is missing is for the log, and no reason to answer that Tokenward is broken. */
function asOutage(error: unknown): never {
  throw error instanceof AuthError ? AuthError.unavailable(error.detail, causeOf(error)) : error;
}
