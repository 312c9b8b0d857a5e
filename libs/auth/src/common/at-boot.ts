import { AuthError } from './auth-error.js';

/** A database that has to wake up needs longer for its first answer than a request may wait. */
const TRIES = 3;

/** Tries up to three times. An operator reads an error at the start, so its message is the private detail. */
export async function atBoot<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1)
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof AuthError) || error.reason === 'configuration_invalid') throw error;
      if (error.reason === 'unavailable' && tries < TRIES) continue;
      throw new Error(`the application cannot start: ${error.detail}`, {
        cause: error.extra.cause,
      });
    }
}
