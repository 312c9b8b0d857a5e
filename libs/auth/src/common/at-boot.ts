import { AuthError } from './auth-error.js';

/** A database that was asleep needs longer for its first answer than a request may wait. */
const TRIES = 3;

/** Asks up to three times. What is refused while the application starts is read by its operator: the message is the private detail. */
export async function atBoot<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1)
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof AuthError) || error.reason === 'configuration_invalid') throw error;
      if (error.reason === 'unavailable' && tries < TRIES) continue;
      throw new Error(`the application cannot start: ${error.detail}`, { cause: error.extra.cause });
    }
}
