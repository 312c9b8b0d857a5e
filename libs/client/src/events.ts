import type { MeBody } from '../../auth/src/contract/index.js';
import { report } from './report.js';

export interface ClientEvents {
  /** Somebody signed in, here or in another tab. It may be another person than before. */
  signedIn: undefined;
  /**
   * The session has ended in every tab: it was refused for good, or the user logged out. Network errors and 503 never
   * cause it.
   */
  signedOut: { readonly reason: 'logout' | 'refused' };
  /** New tokens, here or in another tab. */
  refreshed: undefined;
  /**
   * The browser brought this page back as it was (Back, Forward, frozen). The user may have changed since: `signedIn`
   * or `signedOut` follows.
   */
  restored: undefined;
}

/** The answer of `/auth/me`; email and name as the user directory has them. */
export type Session = MeBody & { readonly email?: string; readonly name?: string };
export type Listener<K extends keyof ClientEvents> = (event: ClientEvents[K]) => void;

export interface Emitter {
  on<K extends keyof ClientEvents>(name: K, listener: Listener<K>): () => void;
  /** A listener that throws does not stop the other listeners, nor the work that the event reports. */
  emitEvent<K extends keyof ClientEvents>(
    name: K,
    ...event: ClientEvents[K] extends undefined ? [] : [ClientEvents[K]]
  ): void;
}

export function emitter(): Emitter {
  const listeners = new Set<readonly [keyof ClientEvents, (event: never) => void]>();
  return {
    on(name, listener) {
      const entry = [name, listener] as const;
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
    emitEvent(name: keyof ClientEvents, event?: object) {
      // a copy: a listener may subscribe anew, or remove another one
      for (const entry of [...listeners])
        if (listeners.has(entry) && entry[0] === name)
          try {
            entry[1](event as never);
          } catch (error) {
            report(error);
          }
    },
  };
}
