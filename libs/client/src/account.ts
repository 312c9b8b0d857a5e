import { answerOf, type AuthClient, type CallOptions, type UserBody } from '@tokenward/client';
import { deadline, orAborted, TIMEOUT_MS, until } from './timers.js';
import type { SessionBody } from '../../auth/src/contract/index.js';

export type { SessionBody } from '../../auth/src/contract/index.js';

export interface Registration {
  readonly email: string;
  readonly password: string;
  readonly name?: string;
}

interface Call<T> extends CallOptions {
  readonly method?: string;
  readonly body?: object;
  isOurs(body: T, response: Response): unknown;
}

/** Opens the account and signs nobody in. Rejects with `AuthClientError`: `taken`, `invalid_input`, `too_many_attempts`. */
export async function register(
  client: AuthClient,
  input: Registration,
  options?: CallOptions,
): Promise<UserBody> {
  const { user } = await call<{ readonly user?: UserBody }>(client, 'register', {
    ...options,
    method: 'POST',
    body: input,
    isOurs: (body) => body.user?.id,
  });
  return user as UserBody;
}

/** Where the user is signed in, this session included (`current`). */
export function sessions(client: AuthClient, options?: CallOptions): Promise<readonly SessionBody[]> {
  return call<readonly SessionBody[]>(client, 'sessions', { ...options, isOurs: Array.isArray });
}

/** Rejects with 404 when the user has no such session. The current one ends with `client.logout()`. */
export function endSession(client: AuthClient, id: string, options?: CallOptions): Promise<void> {
  return end(client, `sessions/${encodeURIComponent(id)}`, 'DELETE', options);
}

/** All but the current one. */
export function endOtherSessions(client: AuthClient, options?: CallOptions): Promise<void> {
  return end(client, 'sessions', 'DELETE', options);
}

/** Every session of the user; this client is signed out (`refused`) as well. */
export async function logoutEverywhere(client: AuthClient, options?: CallOptions): Promise<void> {
  await end(client, 'logout-all', 'POST', options);
  await client.refresh();
}

async function end(client: AuthClient, path: string, method: string, options?: CallOptions): Promise<void> {
  await call(client, path, { ...options, method, isOurs: (_body, { status }) => status === 204 });
}

async function call<T>(
  client: AuthClient,
  path: string,
  { method = 'GET', body, signal, isOurs }: Call<T>,
): Promise<T> {
  const asking = client.fetch(client.authUrl + path, {
    method,
    ...(signal && { signal }),
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const response = await orAborted(until(deadline(TIMEOUT_MS), asking), signal);
  return answerOf<T>(response, (given) => isOurs(given, response));
}
export { type Challenge, type OnStepUp, stepUpFetch } from './step-up.js';
