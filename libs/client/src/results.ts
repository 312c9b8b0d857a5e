import type { SecondFactorDue, UserBody } from '../../auth/src/contract/index.js';

/** The user, or the ticket of a second step; `result.next` says which. */
export type LoginResult = (UserBody & { readonly next?: undefined }) | SecondFactorDue;

/**
 * `unavailable`: the network or the server could not be reached; the user stays signed in. `bound`: the session is
 * bound to a key, and the browser that holds the key renews the cookie by itself, before each request
 * (docs/bound-sessions.md).
 */
export type RefreshResult = 'refreshed' | 'signedOut' | 'unavailable' | 'bound';
