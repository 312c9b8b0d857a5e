import { DrizzleQueryError } from 'drizzle-orm';
import { AuthError } from '../common/auth-error.js';
import { withDeadline } from '../common/deadline.js';

/** SQLSTATE of a failed statement; Drizzle keeps the driver's error as the cause. */
export function sqlState(error: unknown): string | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code } = each as Error & { code?: unknown };
    if (typeof code === 'string') return code;
  }
  return undefined;
}

/** Serialization failure, deadlock, lock not available: somebody else went first. */
export const LOST_RACE: ReadonlySet<string> = new Set(['40001', '40P01', '55P03']);

/**
 * Whether the server itself refused the statement, so that nothing of it stands. Not so where the connection, the server or its resources went
 * away, nor where it says that it does not know (40003): the statement may have been committed.
 */
export function undoneByServer(error: unknown): boolean {
  const state = sqlState(error) ?? '';
  return /^[0-9A-Z]{5}$/.test(state) && state !== '40003' && !/^(?:08|53|57|58|XX)/.test(state);
}

/** Invalid text, out of range, invalid bytes: a value that the column's type cannot hold. */
const UNWRITABLE: ReadonlySet<string> = new Set(['22P02', '22003', '22021']);

/** For reads by an id that a token brings: one that the column cannot hold names nothing. */
export function noneIfUnwritable(error: unknown): readonly [] {
  if (UNWRITABLE.has(sqlState(error) ?? '')) return [];
  throw error;
}

/** Whether the database failed, not the code around it; errors of hosts have codes too. */
export function isDatabaseFailure(error: unknown): boolean {
  return error instanceof DrizzleQueryError || /^[0-9A-Z]{5}$/.test(sqlState(error) ?? '');
}

/**
 * Runs a statement or transaction under a deadline. Whatever goes wrong in the database becomes `unavailable`, by its code alone: Drizzle's
 * message holds the parameters, a driver's detail holds values.
 */
export async function guarded<T>(what: string, deadlineMs: number, work: () => Promise<T>): Promise<T> {
  try {
    return await withDeadline(work(), deadlineMs, what);
  } catch (error) {
    if (error instanceof AuthError) throw error;
    throw AuthError.unavailable(`${what}: ${sqlState(error) ?? 'the database did not answer'}`);
  }
}
