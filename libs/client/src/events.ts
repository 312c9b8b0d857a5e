import type { MeBody } from '../../auth/src/contract/index.js';

export interface ClientEvents {
  /** Signed in, here or in another tab; perhaps as somebody else. */
  signedIn: undefined;
  /** The one clear signal: refused for good, or logged out; in every tab. Network errors and 503 never cause it. */
  signedOut: { readonly reason: 'logout' | 'refused' };
  /** New tokens, here or in another tab. */
  refreshed: undefined;
}

export type Session = MeBody;
export type Listener<K extends keyof ClientEvents> = (event: ClientEvents[K]) => void;

export class Emitter {
  private readonly listeners = new Map<keyof ClientEvents, Set<(event: never) => void>>();

  on<K extends keyof ClientEvents>(name: K, listener: Listener<K>): () => void {
    const set = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, set.add(listener));
    return () => set.delete(listener);
  }

  /** A listener that throws stops neither the others nor what the event tells of. */
  emit<K extends keyof ClientEvents>(name: K, event: ClientEvents[K]): void {
    for (const listener of this.listeners.get(name) ?? [])
      try {
        (listener as Listener<K>)(event);
      } catch (error) {
        globalThis.reportError?.(error);
      }
  }
}
