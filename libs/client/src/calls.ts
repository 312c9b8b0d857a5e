import { answerOf, type AuthClient, type CallOptions } from '@tokenward/client';
import { deadline, orAborted, until } from './timers.js';
import { TIMEOUT_MS } from './waits.js';

/**
 * The members of the client that a call needs. `{ ...client, fetch: stepUpFetch(client, …) }` asks for a fresh proof
 * if one is needed.
 */
export type Caller = Pick<AuthClient, 'authUrl' | 'fetch'>;

interface Call<T> extends CallOptions {
  readonly method?: 'POST' | 'DELETE';
  readonly body?: object;
  /** The call is anonymous: it carries no token, and a 401 does not sign this client out. */
  readonly isOpen?: boolean;
  isOurs(body: T, response: Response): unknown;
}

/** `path` is below the AuthController's routes. Ends after 30 seconds. */
export async function call<T>(client: Caller, path: string, asked: Call<T>): Promise<T> {
  const { method = 'GET', body, isOpen, signal, isOurs } = asked;
  const asking = client.fetch(client.authUrl + path, {
    method,
    ...(signal && { signal }),
    ...(isOpen && { credentials: 'omit' as const }),
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const response = await orAborted(until(deadline(TIMEOUT_MS), asking), signal);
  return answerOf<T>(response, (given) => isOurs(given, response));
}

/** For routes that answer only with a status. */
export async function callFor(
  status: number,
  client: Caller,
  path: string,
  asked: Omit<Call<unknown>, 'isOurs'>,
): Promise<void> {
  await call(client, path, { ...asked, isOurs: (_body, response) => response.status === status });
}
