import { Logger } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';

/** What is missing in the database stops the boot; a database that is away does not, since it comes back by itself. */
export async function checkStorage(asked: Promise<void> | undefined): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof AuthError) || error.code !== 'unavailable') throw error;
    new Logger('Tokenward').warn(`the tables could not be looked at (${error.detail}); logins wait for it`);
  }
}
