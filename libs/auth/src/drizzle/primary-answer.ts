import { sql, type SQL } from 'drizzle-orm';
import type { Row } from './database.js';
import { READ_ONLY, StatementError } from './guarded.js';

/**
 * A column: the file that the server writes its changes to, whose name begins with the timeline; null on a standby. A
 * fail-over raises the timeline. `pg_control_checkpoint()` would read a file, and knows the new timeline only after a
 * checkpoint.
 */
export const WAL_FILE =
  'case when not pg_is_in_recovery() then pg_walfile_name(pg_current_wal_lsn()) end as wal_file';

/** The timeline of the server that gave the answer; undefined of a standby, and without that column. */
export function timelineOf(row: Row | undefined): number | undefined {
  const file = row?.['wal_file'];
  return typeof file === 'string' ? Number.parseInt(file.slice(0, 8), 16) : undefined;
}

/**
 * The same question, whose answer also says which server gave it. This holds without a row, too: a
 * standby that lags does not have it yet.
 */
export function askedOfPrimary(question: SQL): SQL {
  return sql`select server.wal_file, answer.* from (select ${sql.raw(WAL_FILE)}) server
    left join lateral (select true as is_row, question.* from (${question}) question) answer on true`;
}

/** The rows of that answer. Throws if another server than the primary gave it. */
export function answeredByPrimary(found: readonly Row[], newest: number): readonly Row[] {
  assertPrimary(found[0], newest);
  return found.filter((row) => row['is_row'] !== null);
}

/**
 * Throws if a standby gave the answer, or a server that others have superseded: a former primary that nobody shut down
 * lacks what was revoked since. It would rotate the tokens of sessions that have ended, and lose what is revoked on it.
 * `newest`: the newest timeline that is known; 0 for none.
 */
export function assertPrimary(row: Row | undefined, newest: number): void {
  if (row?.['wal_file'] === undefined) return;
  const timeline = timelineOf(row);
  if (timeline === undefined) throw wrongServer('the database is a standby');
  if (timeline < newest)
    throw wrongServer(
      `the database is a former primary: it is on timeline ${String(timeline)}, and ${String(newest)} is known`,
    );
}

/** Like a statement that a read-only server refuses: the connection leads to the wrong server. */
export class WrongServer extends Error {
  readonly code = READ_ONLY;
}

const wrongServer = (message: string) => new StatementError(new WrongServer(message));
