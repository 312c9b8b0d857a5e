import { DrizzleQueryError } from 'drizzle-orm';
import { AuthError, causeOf } from '../common/auth-error.js';
import { cureOf } from './cures.js';

/** One of Tokenward's statements failed or got no connection. The cause is the driver's error. */
export class StatementError extends Error {
  override readonly name = 'StatementError';

  constructor(cause: unknown) {
    super('a statement failed', { cause });
  }
}

/**
 * The SQLSTATE of a failed statement, or the system's error code. Drizzle keeps the driver's error
 * as the cause.
 */
export function sqlState(error: unknown): string | undefined {
  for (let each = error; each instanceof Error; each = causeOf(each)) {
    const { code } = each as Error & { code?: unknown };
    if (typeof code === 'string' && !(each instanceof AuthError)) return code;
  }
  return undefined;
}

/** Serialization failure and deadlock: the server rolled back, and the work can be tried again. */
const TRY_AGAIN: ReadonlySet<string> = new Set(['40001', '40P01']);

/** Another transaction was first, or still holds the row. */
export const LOST_RACE: ReadonlySet<string> = new Set([...TRY_AGAIN, '55P03']);

const SQLSTATE = /^[0-9A-Z]{5}$/;

/**
 * Whether the server itself refused the statement, so that nothing of it was committed. False if
 * the connection, the server or its resources failed, or if the server does not know (40003): the
 * statement may have been committed.
 */
export function undoneByServer(error: unknown): boolean {
  const state = sqlState(error) ?? '';
  return SQLSTATE.test(state) && state !== '40003' && !/^(?:08|53|57|58|XX)/.test(state);
}

/** The server takes no changes: it is a standby, or somebody made it read-only. */
export const READ_ONLY = '25006';

/**
 * Whether the connection should be replaced: it stays at a former primary, or read-only, while new
 * ones lead to the primary.
 */
export function isReadOnly(error: unknown): boolean {
  return isDatabaseFailure(error) && sqlState(error) === READ_ONLY;
}

/** Whether the connection is lost or no longer answers, so that it cannot be used again. */
export function isConnectionLoss(error: unknown): boolean {
  const state = sqlState(error) ?? '';
  return isDatabaseFailure(error) && (!SQLSTATE.test(state) || /^(?:08|57P|25P03|XX)/.test(state));
}

/** Whether nothing was committed and another try may succeed. False for a commit, whose outcome is unknown. */
export function mayBeTriedAgain(error: unknown): boolean {
  return TRY_AGAIN.has(sqlState(error) ?? '') || isConnectionLoss(error);
}

export const UNIQUE_VIOLATION = '23505';

/**
 * Values that the host's table can never accept: too long, of another type, out of range, a
 * reference to a missing row (an unknown tenant), against a check, or too large for an index.
 */
export const NOT_HELD = /^(?:22...|23503|23514|54000)$/;

/** Invalid text, out of range, invalid bytes: the column's type cannot hold the value. */
const UNWRITABLE: ReadonlySet<string> = new Set(['22P02', '22003', '22021']);

/** The encoding of the database has no such character. */
export const isForeignCharacter = (error: unknown): boolean => sqlState(error) === '22P05';

/** For reads by an id from a token: an id that the column cannot hold matches no row. */
export function noneIfUnwritable(error: unknown): readonly [] {
  if (UNWRITABLE.has(sqlState(error) ?? '')) return [];
  throw error;
}

/** Whether the database failed, and not other code. Errors of the host's code have codes, too. */
export function isDatabaseFailure(error: unknown): boolean {
  return (
    error instanceof StatementError ||
    error instanceof DrizzleQueryError ||
    SQLSTATE.test(sqlState(error) ?? '')
  );
}

/**
 * Turns any database error into `unavailable` with only its code, because Drizzle's message
 * contains the parameters and a driver's detail contains values. An error that waiting does not fix
 * also gets its cure.
 */
export function unavailable(what: string, error: unknown): AuthError {
  if (error instanceof AuthError) return error;
  const state = sqlState(error);
  const reason = cureOf(error) ?? state ?? 'the database did not answer';
  return AuthError.unavailable(`${what}: ${reason}`, state && new FailedWith(state));
}

/** Keeps only the code, for later checks. */
class FailedWith extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}
