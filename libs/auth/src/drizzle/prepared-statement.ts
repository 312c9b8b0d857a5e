import { createHash } from 'node:crypto';
import { fillPlaceholders, type SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { QueryConfig } from 'pg';
import type { Row } from './database.js';
import { sqlState } from './guarded.js';
import type { PooledCall } from './pooled-call.js';

/** The server knows no such name, knows another one by it, or its plan is out of date: nothing was executed. */
const NOT_PREPARED: ReadonlySet<string> = new Set(['26000', '42P05', '0A000']);

/**
 * A statement whose text is built once and which Postgres parses and plans once a connection. Its name comes from its text, so that two
 * releases behind one pooler never run each other's. Where a pooler does not carry prepared statements it goes on without a name.
 */
export class PreparedStatement {
  readonly #text: string;
  readonly #params: readonly unknown[];
  #name: string | undefined;

  /** `statement` takes its values by `sql.placeholder`. */
  constructor(statement: SQL) {
    const { sql: text, params } = new PgDialect().sqlToQuery(statement);
    this.#text = text;
    this.#params = params;
    this.#name = `tokenward_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
  }

  /** Without a name: a name that is not known would end the transaction around it. */
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
