import { AuthError } from './auth-error.js';

/**
 * The promise, or `AuthError('unavailable')` after `ms` milliseconds. What it waited for goes on in the background; its late failure is
 * swallowed. `what` names the store and the question, never a value.
 */
export function withDeadline<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      // a process that was paused comes to its timers before its sockets, where the answer may have been waiting
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
