import { AuthError } from './auth-error.js';
import { withDeadline } from './deadline.js';

/**
 * The answer of a host function, within `ms` milliseconds. An exception or a late answer becomes
 * `AuthError('unavailable')` with the name of the option.
 */
export async function askHost<T>(
  option: string,
  ms: number,
  question: () => T | Promise<T>,
): Promise<T> {
  try {
    return await withDeadline(Promise.resolve().then(question), ms, option);
  } catch (error) {
    throw AuthError.unavailable(`${option} failed, or did not answer in time`, error);
  }
}
