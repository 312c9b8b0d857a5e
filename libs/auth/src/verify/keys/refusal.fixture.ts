import { AuthError } from '../../common/auth-error.js';

/** Option and problem of what `read` refuses, or `was taken`. */
export function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof AuthError) return error.detail;
    throw error;
  }
  return 'was taken';
}
