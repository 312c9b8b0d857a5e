import { AuthClientError } from '@tokenward/client';
import { CallError } from './call.js';

/** For people: what went wrong and what to do. `refused`: what a 401 or 403 means where it was asked. */
export function sayError(error: unknown, refused = 'That was refused.'): string {
  const isAnswer = error instanceof AuthClientError || error instanceof CallError;
  if (!isAnswer || error.status >= 500)
    return 'The server cannot answer right now. Nothing was lost; try again in a moment.';
  switch (error.status) {
    case 401:
    case 403:
      return refused;
    case 409:
      return 'There is an account with this email already.';
    case 429:
      return `Too many tries. Try again in ${minutes(error.retryAfterSeconds)}.`;
    default:
      return error.message;
  }
}

function minutes(seconds = 60): string {
  const count = Math.ceil(seconds / 60);
  return count === 1 ? 'a minute' : `${String(count)} minutes`;
}
