import { type AuthClient, createAuthClient } from '@tokenward/client';
import { type OnStepUp, stepUpFetch } from '@tokenward/client/account';

/** Uses `cookie` transport, so scripts of this page never have a token. */
export const client = createAuthClient();

let ask: OnStepUp = () => Promise.resolve(false);

/** Asks the user for a recent proof of identity. */
export function onStepUp(asker: OnStepUp): void {
  ask = asker;
}

/**
 * The signed-in user's client: if a route requires a recent proof (RFC 9470), it asks the user and sends the request
 * again.
 */
export const caller: AuthClient = {
  ...client,
  fetch: stepUpFetch(client, (challenge) => ask(challenge)),
};
