import type { AuthClient, CallOptions, LoginResult, UserBody } from '@tokenward/client';
import { call, type Caller, callFor } from './calls.js';
import type { IdentityBody, SessionBody } from '../../auth/src/contract/index.js';

export type { IdentityBody, SessionBody } from '../../auth/src/contract/index.js';
export { announceSignIn } from './announce-sign-in.js';
export type { Caller } from './calls.js';
export { type Challenge, type OnStepUp, stepUpFetch } from './step-up.js';

export interface Registration {
  readonly email: string;
  readonly password: string;
  readonly name?: string;
}

/**
 * Registers an account, without signing in. Rejects with `AuthClientError`: `taken`, `invalid_input`,
 * `too_many_attempts`.
 */
export async function register(
  client: Caller,
  input: Registration,
  options?: CallOptions,
): Promise<UserBody> {
  const { user } = await call<{ readonly user?: UserBody }>(client, 'register', {
    ...options,
    method: 'POST',
    body: input,
    isOpen: true,
    isOurs: (body) => body.user?.id,
  });
  return user as UserBody;
}

/**
 * Mails a link for a new password if an account has that address; the answer does not say whether one has. Rejects with
 * `too_many_attempts`.
 */
export function forgotPassword(
  client: Caller,
  email: string,
  options?: CallOptions,
): Promise<void> {
  return callFor(202, client, 'password/forgot', {
    ...options,
    method: 'POST',
    body: { email },
    isOpen: true,
  });
}

/**
 * Sets the password with the token of that mail. Every session of the user ends, and nobody is signed in. Rejects with
 * `link_refused`, `invalid_input`.
 */
export function resetPassword(
  client: Caller,
  input: { readonly token: string; readonly newPassword: string },
  options?: CallOptions,
): Promise<void> {
  return callFor(204, client, 'password/reset', {
    ...options,
    method: 'POST',
    body: input,
    isOpen: true,
  });
}

/** Mails a link that verifies the email to the signed-in user. */
export function sendVerification(client: Caller, options?: CallOptions): Promise<void> {
  return callFor(202, client, 'email/verify/send', { ...options, method: 'POST' });
}

/**
 * Verifies the email with the token of the mail, also after a change of email. Needs no session. Rejects with
 * `link_refused`.
 */
export function verifyEmail(client: Caller, token: string, options?: CallOptions): Promise<void> {
  return callFor(204, client, 'email/verify', {
    ...options,
    method: 'POST',
    body: { token },
    isOpen: true,
  });
}

/**
 * Mails the link to the new address. Rejects with `reauthentication_required` when the proof is older than 5 minutes
 * (`stepUpFetch`).
 */
export function changeEmail(client: Caller, email: string, options?: CallOptions): Promise<void> {
  return callFor(202, client, 'email/change', { ...options, method: 'POST', body: { email } });
}

/** Mails a link that signs in if an account has that address; the answer does not say whether one has. */
export function askForMagicLink(
  client: Caller,
  email: string,
  options?: CallOptions,
): Promise<void> {
  return callFor(202, client, 'magic-link', {
    ...options,
    method: 'POST',
    body: { email },
    isOpen: true,
  });
}

/** Signs in with the token of that mail. Call it after the user agreed. Rejects with `link_refused`. */
export function loginWithMagicLink(
  client: Pick<AuthClient, 'loginAt'>,
  input: { readonly token: string; readonly rememberMe?: boolean },
  options?: CallOptions,
): Promise<LoginResult> {
  return client.loginAt('magic-link/login', input, options);
}

/** The sessions of the user, this one included (`current`). */
export function sessions(client: Caller, options?: CallOptions): Promise<readonly SessionBody[]> {
  return call<readonly SessionBody[]>(client, 'sessions', { ...options, isOurs: Array.isArray });
}

/** Rejects with 404 when the user has no such session. The current one ends with `client.logout()`. */
export function endSession(client: Caller, id: string, options?: CallOptions): Promise<void> {
  return callFor(204, client, `sessions/${encodeURIComponent(id)}`, {
    ...options,
    method: 'DELETE',
  });
}

/** Ends every session of the user but the current one. */
export function endOtherSessions(client: Caller, options?: CallOptions): Promise<void> {
  return callFor(204, client, 'sessions', { ...options, method: 'DELETE' });
}

/** Ends every session of the user. This client is signed out (`refused`), too. */
export async function logoutEverywhere(client: AuthClient, options?: CallOptions): Promise<void> {
  await callFor(204, client, 'logout-all', { ...options, method: 'POST' });
  await client.refresh();
}

/** The identities that the user has linked at providers. */
export function identities(
  client: Caller,
  options?: CallOptions,
): Promise<readonly IdentityBody[]> {
  return call<readonly IdentityBody[]>(client, 'oidc/identities', {
    ...options,
    isOurs: Array.isArray,
  });
}

/**
 * The URL to send the browser to, so that an identity of that provider is linked. The browser comes back to
 * `returnTo`, a path (default `/`), with `#error=login_refused` if nothing was linked. Rejects with
 * `reauthentication_required` when the proof is older than 5 minutes (`stepUpFetch`).
 */
export async function linkIdentity(
  client: Caller,
  { provider, returnTo }: { readonly provider: string; readonly returnTo?: string },
  options?: CallOptions,
): Promise<string> {
  const { url } = await call<{ readonly url?: string }>(client, identityPath(provider), {
    ...options,
    method: 'POST',
    body: { returnTo },
    isOurs: (body) => body.url,
  });
  return url as string;
}

/** Rejects as `linkIdentity`, and with 404 when nothing of that provider is linked. */
export function unlinkIdentity(
  client: Caller,
  provider: string,
  options?: CallOptions,
): Promise<void> {
  return callFor(204, client, identityPath(provider), { ...options, method: 'DELETE' });
}

function identityPath(provider: string): string {
  return `oidc/${encodeURIComponent(provider)}/link`;
}
