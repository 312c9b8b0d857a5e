import { sql, type SQL } from 'drizzle-orm';
import type { Row } from './database.js';
import { READ_ONLY, StatementError } from './guarded.js';

/**
 * The same question, whose answer also says what kind of server gave it. This holds without a row,
 * too: a standby that lags does not have it yet.
 */
export function askedOfPrimary(question: SQL): SQL {
  return sql`select server.is_standby, answer.* from (select pg_is_in_recovery() as is_standby) server
    left join lateral (select true as is_row, question.* from (${question}) question) answer on true`;
}

/** The rows of that answer. Throws if a standby gave it. */
export function answeredByPrimary(found: readonly Row[]): readonly Row[] {
  if (found[0]?.['is_standby'] === true) throw new StatementError(new AnsweredByStandby());
  return found.filter((row) => row['is_row'] !== null);
}

/** Like a statement that a read-only server refuses: the connection leads to the wrong server. */
export class AnsweredByStandby extends Error {
  readonly code = READ_ONLY;

  constructor() {
    super('the database is a standby');
  }
}
