import { type AuthClient, createAuthClient } from '@tokenward/client';
import { type OnStepUp, stepUpFetch } from '@tokenward/client/account';

/** Of `cookie` transport: no script of this page ever holds a token. */
export const client = createAuthClient();

let ask: OnStepUp = () => Promise.resolve(false);

/** Who asks the person for a fresh proof. */
export function onStepUp(asker: OnStepUp): void {
  ask = asker;
}

/** The client for whoever is signed in: where a route wants a fresh proof (RFC 9470), the person is asked for it, and the request is sent again. */
export const caller: AuthClient = { ...client, fetch: stepUpFetch(client, (challenge) => ask(challenge)) };
