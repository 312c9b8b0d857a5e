import { useSyncExternalStore } from 'react';

export const ROUTES = ['sessions', 'notes', 'account', 'mailbox', 'users'] as const;
export type Route = (typeof ROUTES)[number];

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => {
    removeEventListener('hashchange', listener);
  };
}

/** Without the `#`. */
export function useHash(): string {
  return useSyncExternalStore(subscribe, () => location.hash.slice(1));
}

/** `#notes`, for example; an unknown fragment shows the sessions. */
export function useRoute(): Route {
  const name = useHash();
  return ROUTES.find((each) => each === name) ?? 'sessions';
}
