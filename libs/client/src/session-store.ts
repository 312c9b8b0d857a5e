import type { AuthClient } from './auth-client.js';
import type { Session } from './events.js';

export type SessionState =
  | { readonly status: 'loading' }
  | { readonly status: 'signedIn'; readonly session: Session }
  | { readonly status: 'signedOut' }
  /** The API could not be asked; `retry` asks again. */
  | { readonly status: 'unavailable' };

/**
 * Who is signed in, as a store that any view library can follow: asked once, then kept up to date by the client's
 * events.
 */
export interface SessionStore {
  subscribe(listener: () => void): () => void;
  /** The same object until something changes. */
  get(): SessionState;
  retry(): void;
}

const LOADING: SessionState = { status: 'loading' };

export function sessionStore(client: AuthClient): SessionStore {
  const listeners = new Set<() => void>();
  let state: SessionState = LOADING;
  let asked = 0;
  let stops: (() => void)[] = [];
  const set = (next: SessionState): void => {
    state = next;
    for (const listener of listeners) listener();
  };
  const ask = (): void => {
    const mine = ++asked;
    client.session().then(
      (session) => {
        // somebody signed in or out meanwhile
        if (mine === asked)
          set(session ? { status: 'signedIn', session } : { status: 'signedOut' });
      },
      () => {
        if (mine === asked) set({ status: 'unavailable' });
      },
    );
  };
  const begin = (): void => {
    // the user shown before may no longer be signed in
    const askAnew = (): void => {
      set(LOADING);
      ask();
    };
    stops = [
      client.on('signedIn', askAnew),
      client.on('restored', askAnew),
      client.on('refreshed', () => {
        // the outage is over
        if (state.status === 'unavailable') ask();
      }),
      client.on('signedOut', () => {
        asked++;
        set({ status: 'signedOut' });
      }),
    ];
    ask();
  };
  /** No listener is left, so changes are missed from here on: the next listener asks again. */
  const end = (): void => {
    if (listeners.size > 0) return;
    for (const stop of stops.splice(0)) stop();
    asked++;
    state = LOADING;
  };
  return {
    subscribe(listener) {
      listeners.add(listener);
      if (stops.length === 0) begin();
      return () => {
        listeners.delete(listener);
        // between two pages, and under StrictMode, there is no listener for a moment
        setTimeout(end);
      };
    },
    get: () => state,
    retry: ask,
  };
}
