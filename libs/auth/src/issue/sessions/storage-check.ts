import { Logger } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';

/**
 * If something is missing in the database, the boot stops. If the database does not answer, it
 * continues, because the database may come back.
 */
export async function checkStorage(asked: Promise<void> | undefined): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof AuthError) || error.code !== 'unavailable') throw error;
    new Logger('Tokenward').warn(
      `the tables could not be looked at (${error.detail}); logins wait for it`,
    );
  }
}
