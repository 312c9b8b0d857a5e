import { AuthError } from './auth-error.js';

/**
 * The promise, or `AuthError('unavailable')` after `ms` milliseconds. The work itself continues in the background,
 * and a late failure of it is ignored. `what` names the store and the query, never a value.
 */
export function withDeadline<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      // a process that was paused runs its timers before it reads its sockets, where the answer may be waiting
      setImmediate(() => {
        reject(AuthError.unavailable(`${what}: no answer within ${String(ms)} ms`));
      });
    }, ms);
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
