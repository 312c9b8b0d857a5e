import { DrizzleQueryError } from 'drizzle-orm';
import { AuthError, causeOf } from '../common/auth-error.js';
import { cureOf } from './cures.js';

/** A statement of Tokenward's own failed, or got no connection; the cause is the driver's error. */
export class StatementError extends Error {
  override readonly name = 'StatementError';

  constructor(cause: unknown) {
    super('a statement failed', { cause });
  }
}

/** SQLSTATE of a failed statement, or the system's code; Drizzle keeps the driver's error as the cause. */
export function sqlState(error: unknown): string | undefined {
  for (let each = error; each instanceof Error; each = causeOf(each)) {
    const { code } = each as Error & { code?: unknown };
    if (typeof code === 'string' && !(each instanceof AuthError)) return code;
  }
  return undefined;
}

/** Serialization failure, deadlock: rolled back, and to be tried again. */
const TRY_AGAIN: ReadonlySet<string> = new Set(['40001', '40P01']);

/** Somebody else went first, or still holds the row. */
export const LOST_RACE: ReadonlySet<string> = new Set([...TRY_AGAIN, '55P03']);

const SQLSTATE = /^[0-9A-Z]{5}$/;

/**
 * Whether the server itself refused the statement, so that nothing of it stands. Not so where the connection, the server or its resources went
 * away, nor where it says that it does not know (40003): the statement may have been committed.
 */
export function undoneByServer(error: unknown): boolean {
  const state = sqlState(error) ?? '';
  return SQLSTATE.test(state) && state !== '40003' && !/^(?:08|53|57|58|XX)/.test(state);
}

/** Whether the connection is gone or has fallen silent, so that nothing on it can be trusted any more. */
export function isConnectionLoss(error: unknown): boolean {
  const state = sqlState(error) ?? '';
  return isDatabaseFailure(error) && (!SQLSTATE.test(state) || /^(?:08|57P|25P03|XX)/.test(state));
}

/** Whether nothing of the work stands and the next try may do better. Not known of a commit, so not for one. */
export function mayBeTriedAgain(error: unknown): boolean {
  return TRY_AGAIN.has(sqlState(error) ?? '') || isConnectionLoss(error);
}

export const UNIQUE_VIOLATION = '23505';

/**
 * What no waiting makes a host's table take: too long, of another type, out of range; a reference to no row (a tenant that is not there); against a
 * check; too large for an index.
 */
export const NOT_HELD = /^(?:22...|23503|23514|54000)$/;

/** Invalid text, out of range, invalid bytes: a value that the column's type cannot hold. */
const UNWRITABLE: ReadonlySet<string> = new Set(['22P02', '22003', '22021']);

/** For reads by an id that a token brings: one that the column cannot hold names nothing. */
export function noneIfUnwritable(error: unknown): readonly [] {
  if (UNWRITABLE.has(sqlState(error) ?? '')) return [];
  throw error;
}

/** Whether the database failed, not the code around it; errors of hosts have codes too. */
export function isDatabaseFailure(error: unknown): boolean {
  return (
    error instanceof StatementError ||
    error instanceof DrizzleQueryError ||
    SQLSTATE.test(sqlState(error) ?? '')
  );
}

/**
 * Whatever went wrong in the database as `unavailable`, by its code alone: Drizzle's message holds the parameters, a driver's detail holds
 * values. What no waiting mends comes with its cure.
 */
export function unavailable(what: string, error: unknown): AuthError {
  if (error instanceof AuthError) return error;
  const state = sqlState(error);
  const reason = cureOf(error) ?? state ?? 'the database did not answer';
  return AuthError.unavailable(`${what}: ${reason}`, state && new FailedWith(state));
}

/** The code alone, for whoever asks later. */
class FailedWith extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}
