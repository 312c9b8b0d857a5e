import type { AuthClient, CallOptions, LoginResult } from '@tokenward/client';
import { call, type Caller, callFor } from './calls.js';
import type { FactorBody } from '../../auth/src/contract/index.js';

export type { FactorBody } from '../../auth/src/contract/index.js';
export type { Caller } from './calls.js';
export {
  addPasskey,
  answerWithPasskey,
  loginWithPasskey,
  type PasskeyAnswer,
  type PasskeyLogin,
} from './passkeys.js';

/** Answers the ticket of a login whose `next` is `second_factor`. Give exactly one of them. */
export type SecondStep = { readonly ticket: string } & (
  { readonly code: string } | { readonly recoveryCode: string } | { readonly passkey: object }
);

/** Shown once. The authenticator app computes its codes from it. */
export interface TotpSecret {
  readonly id: string;
  /** Base32, for typing. */
  readonly secret: string;
  /** `otpauth://…`, for a QR code. */
  readonly uri: string;
}

const isList = (codes: unknown): boolean => Array.isArray(codes);

/**
 * The second step of a login. Rejects with `second_factor_refused` for a wrong answer, or if the ticket has expired
 * (5 minutes, 5 tries).
 */
export function loginWithSecondFactor(
  client: Pick<AuthClient, 'loginAt'>,
  answer: SecondStep,
  options?: CallOptions,
): Promise<LoginResult> {
  return client.loginAt('login/second-factor', answer, options);
}

/** The second factors of the signed-in user. */
export function factors(client: Caller, options?: CallOptions): Promise<readonly FactorBody[]> {
  return call<readonly FactorBody[]>(client, 'factors', { ...options, isOurs: Array.isArray });
}

/**
 * Creates a new secret, which is in use after `confirmTotp`. Like every change of factors it may reject with
 * `reauthentication_required` (`stepUpFetch`).
 */
export function addTotp(client: Caller, name?: string, options?: CallOptions): Promise<TotpSecret> {
  return call<TotpSecret>(client, 'factors/totp', {
    ...options,
    method: 'POST',
    body: { name },
    isOurs: ({ id, secret, uri }) => id && secret && uri,
  });
}

/**
 * Confirms the secret with its first code. For the first factor of a user it returns recovery codes, which are shown
 * once.
 */
export async function confirmTotp(
  client: Caller,
  input: { readonly id: string; readonly code: string },
  options?: CallOptions,
): Promise<readonly string[] | undefined> {
  const { recoveryCodes } = await call<{ readonly recoveryCodes?: readonly string[] }>(
    client,
    'factors/totp/confirm',
    {
      ...options,
      method: 'POST',
      body: input,
      isOurs: ({ recoveryCodes: codes }) => codes === undefined || isList(codes),
    },
  );
  return recoveryCodes;
}

/** Creates ten new recovery codes, which are shown once. The former codes stop working. */
export async function renewRecoveryCodes(
  client: Caller,
  options?: CallOptions,
): Promise<readonly string[]> {
  const { recoveryCodes } = await call<{ readonly recoveryCodes: readonly string[] }>(
    client,
    'factors/recovery-codes',
    { ...options, method: 'POST', isOurs: ({ recoveryCodes: codes }) => isList(codes) },
  );
  return recoveryCodes;
}

/** Removes a TOTP secret or a passkey. */
export function removeFactor(client: Caller, id: string, options?: CallOptions): Promise<void> {
  return callFor(204, client, `factors/${encodeURIComponent(id)}`, {
    ...options,
    method: 'DELETE',
  });
}
