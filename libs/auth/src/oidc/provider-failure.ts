import { AuthError } from '../common/auth-error.js';

/** The last two are the errors of `jose` where the keys could not be fetched. */
const OUTAGES = new Set(['OAUTH_TIMEOUT', 'OAUTH_ABORT', 'ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC']);

/** The error as a refusal, described by names and codes only; throws `unavailable` where the person may try again. */
export function refusedOr(
  error: unknown,
  provider: string,
): { readonly kind: 'refused'; readonly detail: string } {
  if (isOutage(error)) throw unavailable(error, provider);
  return { kind: 'refused', detail: describe(error) };
}

export function unavailable(error: unknown, provider: string): AuthError {
  return AuthError.unavailable(`the provider ${provider} does not answer: ${describe(error)}`);
}

/** Whether nobody answered, or the provider says that it is down. */
function isOutage(error: unknown): boolean {
  if (!isError(error)) return false;
  const { code, cause } = error;
  if (code !== undefined) return OUTAGES.has(String(code)) || statusOf(cause) >= 500;
  // what `fetch` throws where no answer came, bare or wrapped
  return error.name === 'TypeError' || isOutage(cause);
}

/** By shape, not by class: a test runner, or another copy of the library, has other classes. */
function isError(error: unknown): error is { name: string; code?: unknown; cause?: unknown } {
  return typeof error === 'object' && error !== null && 'name' in error;
}

function statusOf(cause: unknown): number {
  return typeof cause === 'object' && cause !== null && 'status' in cause
    ? Number(cause.status)
    : 0;
}

/** Names and codes only: a message or a cause may hold a code, a token, or text of the provider. */
function describe(error: unknown): string {
  if (!isError(error)) return 'not an Error';
  const parts = [error.name, error.code, 'error' in error && error.error];
  return parts.filter((part) => typeof part === 'string' && /^[\w.-]{1,64}$/.test(part)).join(' ');
}
