'use client';
import {
  createContext,
  createElement,
  type ReactNode,
  useContext,
  useEffect,
  useSyncExternalStore,
} from 'react';
import type { AuthClient } from './auth-client.js';
import type { Session } from './events.js';
import { type SessionState, type SessionStore, sessionStore } from './session-store.js';

export type { SessionState } from './session-store.js';

const stores = new WeakMap<AuthClient, SessionStore>();
const providers = new WeakMap<AuthClient, number>();
const Client = createContext<AuthClient | undefined>(undefined);
const LOADING: SessionState = { status: 'loading' };

function storeOf(client: AuthClient): SessionStore {
  let store = stores.get(client);
  if (!store) stores.set(client, (store = sessionStore(client)));
  return store;
}

/** A page may have several roots (islands, micro front ends) that share a client. */
function count(client: AuthClient, change: 1 | -1): void {
  providers.set(client, (providers.get(client) ?? 0) + change);
}

/**
 * Gives the client to the hooks below it, and closes the client when its last provider unmounts for good. StrictMode,
 * which unmounts and mounts again at once, does not close it. A closed client opens again with the next call.
 */
export function AuthProvider(props: {
  readonly client: AuthClient;
  readonly children?: ReactNode;
}): ReactNode {
  const { client, children } = props;
  useEffect(() => {
    count(client, 1);
    return () => {
      count(client, -1);
      setTimeout(() => {
        if (!providers.get(client)) client.close();
      });
    };
  }, [client]);
  return createElement(Client.Provider, { value: client }, children);
}

/** The client of the provider. Throws without one. */
export function useAuthClient(): AuthClient {
  return given(useContext(Client));
}

/**
 * The signed-in user. Renders again when that changes, in any tab. A client sends one request, however many
 * components ask. `loading` on a server, at the first render of a page, after each sign-in until it is known who that
 * is, and while the page comes back from the back/forward cache.
 *
 * @param client default: the provider's.
 */
export function useSession(client?: AuthClient): SessionState {
  const provided = useContext(Client);
  const store = storeOf(given(client ?? provided));
  return useSyncExternalStore(store.subscribe, store.get, () => LOADING);
}

/** The user, or undefined: nobody is signed in, or it is not known yet. `RequireUser` tells the two apart. */
export function useUser(client?: AuthClient): Session | undefined {
  const state = useSession(client);
  return state.status === 'signedIn' ? state.session : undefined;
}

/**
 * Renders its children for a signed-in user. For another user the children are mounted anew, so that no state of the
 * former user remains.
 */
export function RequireUser(props: {
  readonly children?: ReactNode;
  /** Nobody is signed in: a sign-in page, or a redirect to one. */
  readonly signedOut?: ReactNode;
  readonly loading?: ReactNode;
  /** Shown when the API could not be asked; `retry` asks again. Default: as `loading`. */
  readonly unavailable?: (retry: () => void) => ReactNode;
}): ReactNode {
  const { children, signedOut = null, loading = null, unavailable } = props;
  const client = useAuthClient();
  const state = useSession(client);
  switch (state.status) {
    case 'signedIn':
      return createElement(Client.Provider, { value: client, key: state.session.id }, children);
    case 'signedOut':
      return signedOut;
    case 'unavailable':
      return unavailable?.(() => storeOf(client).retry()) ?? loading;
    case 'loading':
      return loading;
  }
}

function given(client: AuthClient | undefined): AuthClient {
  if (!client) throw new Error('No client: put <AuthProvider client={…}> above, or hand one in');
  return client;
}
