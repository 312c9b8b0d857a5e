/** `own`: one client, one session (a `bearer` client in memory). `store`: several may share a token store. `browser`: all tabs share the cookies. */
export type Scope = 'own' | 'store' | 'browser';

/** What the tabs of one origin have in common. */
export interface Places {
  readonly locks?: LockManager | undefined;
  readonly storage?: Storage | undefined;
  readonly channel?: BroadcastChannel | undefined;
}

export function placesOf(name: string, scope: Scope): Places {
  if (scope === 'own') return {};
  const hasChannel = scope === 'browser' && typeof BroadcastChannel !== 'undefined';
  return {
    locks: globalThis.navigator?.locks,
    storage: localStorageOrNone(),
    channel: hasChannel ? new BroadcastChannel(name) : undefined,
  };
}

/** False where there is no room left. */
export function put(storage: Storage, key: string, text: string): boolean {
  try {
    storage.setItem(key, text);
    return true;
  } catch {
    return false;
  }
}

function localStorageOrNone(): Storage | undefined {
  try {
    return typeof document === 'undefined' ? undefined : globalThis.localStorage;
  } catch {
    // forbidden in some frames
    return undefined;
  }
}
