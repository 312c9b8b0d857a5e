import { type SQL, sql } from 'drizzle-orm';
import { AuthError, causeOf } from '../common/auth-error.js';
import { withDeadline } from '../common/deadline.js';
import { type HostTransaction, transactionRefused } from '../storage/sql-transaction.port.js';
import { type Database, primaryOf, type Row, rows } from './database.js';
import { sqlState, StatementError, unavailable } from './guarded.js';
import { asTransaction } from './host-transaction.js';
import { type Histories, historiesOf } from './histories.js';
import { type HostPool, poolOf } from './host-pool.js';
import { type Found, type Layout, lookAt } from './layout.js';
import {
  inTransaction,
  type OwnTransaction,
  toQuery,
  type TransactionOptions,
} from './own-transaction.js';
import { PooledCall } from './pooled-call.js';
import { answeredByPrimary, askedOfPrimary, WrongServer } from './primary-answer.js';
import type { AuthSchema } from './schema.js';
import type { Reach } from './spellings.js';
import { type NamedUsers, namedUsers, type UserColumns } from './user-columns.js';

export interface AuthDatabaseOptions {
  readonly users?: UserColumns;
  /** The tables that are checked at boot. Code that uses other tables checks those itself. */
  readonly tables?: readonly (keyof AuthSchema)[];
  /** The option that a refusal names. */
  readonly option?: string;
}

/** By SQLSTATE: reasons why a change cannot be written in the host's transaction. */
const REFUSED_IN_IT: Readonly<Record<string, string>> = {
  '42P01': "is of a database that has no tables of Tokenward's",
  '25006': 'is read-only; begin one that may write',
  '25P02': 'is a transaction that failed; roll it back, and begin another',
};

/** Encodings that hold every character; in `SQL_ASCII` the server knows of none. */
const HOLDS_ALL: ReadonlySet<string> = new Set(['UTF8', 'SQL_ASCII']);

/**
 * Runs Tokenward's statements on the host's pool. Each statement has a deadline, and each client is
 * returned or destroyed. The names do not depend on the search path, and the results do not depend
 * on the host's parsers.
 */
export class AuthDatabase {
  readonly db: Database;
  /** The tables, with the schema in which they were found. Statements are built after the first check. */
  readonly tables: AuthSchema;
  readonly users: NamedUsers | undefined;
  readonly pool: HostPool;
  /** What this process knows of the servers behind the pool: those of an earlier timeline are not believed. */
  readonly histories: Histories;
  readonly #layout: Layout;
  #looked: Promise<Found> | undefined;
  #found: Found | undefined;
  #place: unknown;

  constructor(db: Database, schema: AuthSchema, options: AuthDatabaseOptions = {}) {
    const { option = 'drizzleStorage', tables = [] } = options;
    this.db = primaryOf(db);
    this.pool = poolOf(this.db, option);
    this.histories = historiesOf(this.pool);
    this.tables = { ...schema };
    this.users = options.users && namedUsers(this.db, options.users);
    this.#layout = { option, tables, schema: this.tables, users: this.users };
  }

  /**
   * Throws an error that stops the boot if something is missing that every statement needs. Throws
   * `unavailable` if the database does not answer.
   */
  async check(deadlineMs: number): Promise<void> {
    this.#looked ??= lookAt(this.pool, this.#layout, deadlineMs);
    try {
      this.#found = await this.#looked;
    } catch (error) {
      this.#looked = undefined;
      throw error;
    }
  }

  /** One question, by itself or in a transaction of the host. Only the primary may answer it. */
  read(
    what: string,
    deadlineMs: number,
    query: () => SQL,
    tx?: HostTransaction,
  ): Promise<readonly Row[]> {
    const asked = (): SQL => askedOfPrimary(query());
    if (tx)
      return this.joining(what, deadlineMs, async () =>
        this.byPrimary(await rows(asTransaction(tx), asked())),
      );
    return this.statement(what, deadlineMs, asked);
  }

  /** One statement as it is: a change, or a question whose rows have the column `WAL_FILE`. */
  statement(what: string, deadlineMs: number, query: () => SQL): Promise<readonly Row[]> {
    return this.call(what, deadlineMs, async (call) =>
      this.byPrimary((await call.query(toQuery(query()))).rows),
    );
  }

  private byPrimary(found: readonly Row[]): readonly Row[] {
    return answeredByPrimary(found, this.histories.newestTimeline());
  }

  /**
   * Commits all of the work or none of it; commits nothing if the caller has left before the
   * commit. `work` may run more than once.
   */
  transaction<T>(
    what: string,
    deadlineMs: number,
    work: (tx: OwnTransaction) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    return this.call(what, deadlineMs, (call) => inTransaction(call, this, work, options));
  }

  /** Runs work in a transaction of the host. Only the host can roll it back. */
  async joining<T>(what: string, deadlineMs: number, work: () => Promise<T>): Promise<T> {
    try {
      await this.check(deadlineMs).catch(asOutage);
      return await withDeadline(work(), deadlineMs, what);
    } catch (error) {
      // Tokenward's own database has the tables, because the boot checked them
      const isMisled = error instanceof StatementError && error.cause instanceof WrongServer;
      const refusal = isMisled ? undefined : REFUSED_IN_IT[sqlState(error) ?? ''];
      if (refusal) throw transactionRefused(refusal);
      throw unavailable(what, error);
    }
  }

  /** Which spellings of a name can be in this database. Known after the first check. */
  get reach(): Reach {
    return HOLDS_ALL.has(this.#found?.encoding ?? '') ? 'all' : 'composed';
  }

  /** The users, if their rows can be locked. Known after the first check. */
  get lockableUsers(): NamedUsers | undefined {
    return this.#found?.usersAre === 'lockable' ? this.users : undefined;
  }

  /**
   * A column that identifies a database: the id of its ledger, and its own oid, because a copy has
   * the same ledger for a while.
   */
  get place(): SQL {
    return sql`concat((select l.id from ${this.tables.ledger} l limit 1), '/',
      (select d.oid from pg_database d where d.datname = current_database())) as place`;
  }

  /** Whether `place`, read in a transaction of the host, is Tokenward's own database. */
  async isAt(place: unknown, deadlineMs: number): Promise<boolean> {
    if (this.#place !== place)
      this.#place = (
        await this.read('know the database', deadlineMs, () => sql`select ${this.place}`)
      )[0]?.['place'];
    return this.#place === place;
  }

  /**
   * Ends the work at the deadline with `unavailable`. An error that the host's own work throws is
   * passed on unchanged.
   */
  async call<T>(
    what: string,
    deadlineMs: number,
    work: (call: PooledCall) => Promise<T>,
  ): Promise<T> {
    try {
      await this.check(deadlineMs).catch(asOutage);
      return await new PooledCall(this.pool, what, deadlineMs).run(work);
    } catch (error) {
      throw unavailable(what, error);
    }
  }
}

/** While the application runs, a missing table is logged and answered as an outage. */
function asOutage(error: unknown): never {
  throw error instanceof AuthError ? AuthError.unavailable(error.detail, causeOf(error)) : error;
}
