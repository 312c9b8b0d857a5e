import { useSyncExternalStore } from 'react';
import type { AuthClient } from './auth-client.js';
import { type SessionState, type SessionStore, sessionStore } from './session-store.js';

export type { SessionState } from './session-store.js';

const stores = new WeakMap<AuthClient, SessionStore>();
const LOADING: SessionState = { status: 'loading' };

/**
 * Who is signed in; renders again when that changes, in whichever tab. One request a client, however many components ask.
 *
 * ```tsx
 * const auth = useSession(client);
 * if (auth.status === 'signedOut') return <SignIn />;
 * ```
 */
export function useSession(client: AuthClient): SessionState {
  let store = stores.get(client);
  if (!store) stores.set(client, (store = sessionStore(client)));
  return useSyncExternalStore(store.subscribe, store.get, () => LOADING);
}
