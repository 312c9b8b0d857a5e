import { AuthError } from './auth-error.js';

/** What is refused while the application starts is read by its operator: the message is the private detail. */
export async function atBoot<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof AuthError) || error.reason === 'configuration_invalid') throw error;
    throw new Error(`the application cannot start: ${error.detail}`, { cause: error.extra.cause });
  }
}
