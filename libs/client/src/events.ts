import type { MeBody } from '../../auth/src/contract/index.js';

export interface ClientEvents {
  /** Signed in, here or in another tab. */
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

  emit<K extends keyof ClientEvents>(name: K, event: ClientEvents[K]): void {
    for (const listener of this.listeners.get(name) ?? []) (listener as Listener<K>)(event);
  }
}
