import { createHash } from 'node:crypto';
import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { Database, Row } from './database.js';
import { sqlState } from './guarded.js';

/** The server knows no such name, knows another one by it, or its plan is out of date: nothing was executed. */
const NOT_PREPARED: ReadonlySet<string> = new Set(['26000', '42P05', '0A000']);

interface Runnable {
  execute(values: Record<string, unknown>): Promise<unknown>;
}

/**
 * A statement whose text is built once and which Postgres parses and plans once a connection. Its name comes from its text, so that two
 * releases behind one pooler never run each other's. Where a pooler does not carry prepared statements it goes on without a name.
 */
export class PreparedStatement {
  private readonly unnamed: Runnable;
  private current: Runnable;

  /** `statement` takes its values by `sql.placeholder`. */
  constructor(db: Database, statement: SQL) {
    const query = new PgDialect().sqlToQuery(statement);
    const digest = createHash('sha256').update(query.sql).digest('hex').slice(0, 24);
    const prepare = (name?: string): Runnable =>
      db._.session.prepareQuery(query, undefined, name, false) as Runnable;
    this.unnamed = prepare();
    this.current = prepare(`tokenward_${digest}`);
  }

  async rows(values: Record<string, unknown>): Promise<readonly Row[]> {
    try {
      return rowsOf(await this.current.execute(values));
    } catch (error) {
      if (this.current === this.unnamed || !NOT_PREPARED.has(sqlState(error) ?? '')) throw error;
      this.current = this.unnamed;
      return rowsOf(await this.unnamed.execute(values));
    }
  }
}

function rowsOf(result: unknown): readonly Row[] {
  return (result as { readonly rows: readonly Row[] }).rows;
}
