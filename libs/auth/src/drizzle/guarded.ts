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
