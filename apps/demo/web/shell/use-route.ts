import { useSyncExternalStore } from 'react';

export const ROUTES = ['sessions', 'notes', 'account', 'users'] as const;
export type Route = (typeof ROUTES)[number];

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => {
    removeEventListener('hashchange', listener);
  };
}

/** `#notes`; anything else is the sessions. */
export function useRoute(): Route {
  const name = useSyncExternalStore(subscribe, () => location.hash.slice(1));
  return ROUTES.find((each) => each === name) ?? 'sessions';
}
