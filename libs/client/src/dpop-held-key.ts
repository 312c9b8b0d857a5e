import type { KeyPlace } from './dpop-keys.js';
import { type ProofKey, type sha256, thumbprint } from './dpop-proof.js';

interface Held {
  readonly key: ProofKey;
  readonly id: string;
}

/** The key of the session, loaded once. */
export interface HeldKey {
  current(): Promise<Held>;
  /** Removes the key. The next sign-in waits for it. */
  drop(): Promise<void>;
  /** Loads it again at the next use. */
  forget(): void;
}

export function heldKey(keys: KeyPlace, digest: typeof sha256): HeldKey {
  let held: Promise<Held> | undefined;

  async function load(): Promise<Held> {
    const key = await keys.load();
    return { key, id: await thumbprint(key.jwk, digest) };
  }
  function keep(loading: Promise<Held>): Promise<Held> {
    held = loading;
    // a store that failed is asked again
    loading.catch(() => {
      if (held === loading) held = undefined;
    });
    return loading;
  }

  return {
    current: () => held ?? keep(load()),
    async drop() {
      const removed = held?.then(({ key }) => keys.remove(key)).catch(() => undefined);
      if (removed) await keep(removed.then(load)).catch(() => undefined);
    },
    forget() {
      held = undefined;
    },
  };
}
