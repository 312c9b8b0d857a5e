import { createHash } from 'node:crypto';
import { fillPlaceholders, type SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { QueryConfig } from 'pg';
import type { Row } from './database.js';
import { sqlState } from './guarded.js';
import type { PooledCall } from './pooled-call.js';

/**
 * The server does not know the name, or the name has another statement, or its plan is outdated:
 * nothing was executed.
 */
const NOT_PREPARED: ReadonlySet<string> = new Set(['26000', '42P05', '0A000']);

/**
 * A statement that is built once, and that Postgres parses and plans once for each connection. The
 * name is derived from the text, so that two releases behind one pooler never run each other's
 * statements. If a pooler does not support prepared statements, it is sent without a name.
 */
export class PreparedStatement {
  readonly #text: string;
  readonly #params: readonly unknown[];
  #name: string | undefined;

  /** `statement` takes its values from `sql.placeholder`. */
  constructor(statement: SQL) {
    const { sql: text, params } = new PgDialect().sqlToQuery(statement);
    this.#text = text;
    this.#params = params;
    this.#name = `tokenward_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
  }

  /** Without a name: an unknown name would abort the surrounding transaction. */
  query(values: Record<string, unknown>): QueryConfig {
    return { text: this.#text, values: fillPlaceholders([...this.#params], values) };
  }

  async rows(call: PooledCall, values: Record<string, unknown>): Promise<readonly Row[]> {
    const query = this.query(values);
    try {
      return (await call.query({ ...query, name: this.#name })).rows as Row[];
    } catch (error) {
      if (this.#name === undefined || !NOT_PREPARED.has(sqlState(error) ?? '')) throw error;
      this.#name = undefined;
      return (await call.query(query)).rows as Row[];
    }
  }
}
