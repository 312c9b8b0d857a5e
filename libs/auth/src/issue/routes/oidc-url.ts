import { z } from 'zod';
import { AuthError } from '../../common/auth-error.js';
import type { HttpRequest } from '../../verify/http/adapter.js';

/** The URL of a request, for its query. The origin is a placeholder. */
export function urlOf(request: HttpRequest): URL {
  return new URL(request.originalUrl ?? request.url ?? '/', 'http://here.invalid');
}

const seconds = z
  .string()
  .regex(/^\d{1,5}$/)
  .transform(Number)
  .pipe(z.int().max(86_400));

/** `maxAge`: how many seconds old the person's proof at the provider may be. Throws `input_invalid`. */
export function maxAgeOf(parameters: URLSearchParams): number | undefined {
  const given = parameters.getAll('maxAge');
  if (given.length === 0) return undefined;
  const read = seconds.safeParse(given.length === 1 ? given[0] : undefined);
  if (read.success) return read.data;
  const fields = { maxAge: 'must be a whole number of seconds from 0 to 86400' };
  throw new AuthError('input_invalid', 'query of a sign-in at a provider', { fields });
}

/**
 * The fields of a posted answer that openid-client checks. `user` is where Apple sends the name. An id_token from the
 * browser is ignored.
 */
const ANSWER = ['code', 'state', 'iss', 'error', 'user'];

export function answerIn(form: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...form].filter(([name]) => ANSWER.includes(name)));
}
