import { AuthError } from './auth-error.js';
import { withDeadline } from './deadline.js';

/** What a function of the host answers within `ms` milliseconds. Whatever it throws, and a late answer, is `AuthError('unavailable')` that names the option. */
export async function askHost<T>(option: string, ms: number, question: () => T | Promise<T>): Promise<T> {
  try {
    return await withDeadline(Promise.resolve().then(question), ms, option);
  } catch (error) {
    throw AuthError.unavailable(`${option} failed, or did not answer in time`, error);
  }
}
