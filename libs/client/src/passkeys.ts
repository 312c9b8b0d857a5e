import type { AuthClient, CallOptions, LoginResult } from '@tokenward/client';
import { call, type Caller } from './calls.js';

/** A proof for `client.reauthenticate`. With the ticket of a login it is one for `loginWithSecondFactor`. */
export interface PasskeyAnswer {
  readonly ticket: string;
  readonly passkey: object;
}

export interface PasskeyLogin extends CallOptions {
  readonly rememberMe?: boolean;
  /** `conditional`: offered in the field with `autocomplete="username webauthn"`; `signal` ends it. */
  readonly mediation?: CredentialMediationRequirement;
}

interface Ceremony<Options> {
  readonly ticket: string;
  readonly options: Options;
}

type Answered = PublicKeyCredential | null;

/**
 * Asks the browser for a new passkey, registers it, and returns its id. Rejects with the browser's own `DOMException`
 * if the person declines or already has a passkey on this device. Rejects with `reauthentication_required` if a fresh
 * proof is needed (`stepUpFetch`), before the person is asked.
 */
export async function addPasskey(
  client: Caller,
  name?: string,
  options?: CallOptions,
): Promise<string> {
  const { ticket, options: asked } = await ceremony<PublicKeyCredentialCreationOptionsJSON>(
    client,
    'passkeys/register/options',
    options,
  );
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asked);
  const made = (await navigator.credentials.create({
    publicKey,
    ...signalOf(options),
  })) as Answered;
  const { id } = await call<{ readonly id: string }>(client, 'passkeys/register', {
    ...options,
    method: 'POST',
    body: { ticket, response: made?.toJSON(), name },
    isOurs: (body) => body.id,
  });
  return id;
}

/**
 * Asks the browser for a passkey of any user, and signs in. Rejects with `login_refused`, or with the browser's own
 * `DOMException`.
 */
export async function loginWithPasskey(
  client: AuthClient,
  options: PasskeyLogin = {},
): Promise<LoginResult> {
  const { rememberMe, ...rest } = options;
  const { ticket, passkey } = await answered(client, {}, rest);
  return client.loginAt(
    'passkeys/login',
    { ticket, response: passkey, rememberMe },
    signalOf(rest),
  );
}

/** Asks the browser for a passkey, as a fresh proof, or for the second step of the login that issued `ticket`. */
export function answerWithPasskey(
  client: Caller,
  ticket?: string,
  options?: CallOptions,
): Promise<PasskeyAnswer> {
  return answered(client, { ticket }, options);
}

async function answered(
  client: Caller,
  body: object,
  options: PasskeyLogin = {},
): Promise<PasskeyAnswer> {
  const { mediation } = options;
  const { ticket, options: asked } = await ceremony<PublicKeyCredentialRequestOptionsJSON>(
    client,
    'passkeys/login/options',
    options,
    body,
  );
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked);
  const given = (await navigator.credentials.get({
    publicKey,
    ...(mediation && { mediation }),
    ...signalOf(options),
  })) as Answered;
  return { ticket, passkey: given?.toJSON() as object };
}

/** With a body the ceremony is anonymous, and no token is sent. */
function ceremony<Options>(
  client: Caller,
  path: string,
  options: CallOptions | undefined,
  body?: object,
): Promise<Ceremony<Options>> {
  return call<Ceremony<Options>>(client, path, {
    ...signalOf(options),
    method: 'POST',
    body: body ?? {},
    isOpen: !!body,
    isOurs: (given) => given.ticket && given.options,
  });
}

const signalOf = (options: CallOptions | undefined): CallOptions =>
  options?.signal ? { signal: options.signal } : {};
