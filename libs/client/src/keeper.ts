import type { StoredTokens, TokenStore } from './token-store.js';

export interface Keeper {
  readTokens(): Promise<StoredTokens>;
  writeTokens(tokens: StoredTokens): Promise<void>;
}

/** The newest token counts even if the store could not save it: the server has rotated, and the former token is spent. */
export function keeperOf(store: TokenStore): Keeper {
  let newest: StoredTokens = {};
  let isWritten = true;

  async function flush(): Promise<void> {
    const tokens = newest;
    try {
      await store.set(tokens);
      isWritten = tokens === newest;
    } catch {
      // the Keychain may be locked: tried again at the next read
    }
  }

  return {
    async readTokens() {
      if (!isWritten) await flush();
      else {
        const stored = (await store.get()) ?? {};
        // some stores keep only what they know
        newest = stored.refreshToken === newest.refreshToken ? { ...newest, ...stored } : stored;
      }
      return newest;
    },
    async writeTokens(tokens) {
      newest = tokens;
      isWritten = false;
      await flush();
    },
  };
}

/** In `cookie` and `hybrid` mode the browser has the token; its tabs share the key, which is worth nothing without it. */
export function keyStore(storage: Storage, name: string): TokenStore {
  return {
    get: () => ({ key: storage.getItem(name) ?? undefined }),
    set: (tokens) => {
      if (tokens?.key) storage.setItem(name, tokens.key);
      else storage.removeItem(name);
    },
  };
}

/**
 * 160 random bits, an `Idempotency-Key`. React Native has no `crypto` of its own; then there is no key, because whoever guesses one gets the
 * answer of a spent token.
 */
export function newKey(): string | undefined {
  const { crypto } = globalThis as { crypto?: Crypto };
  return crypto?.getRandomValues(new Uint32Array(5)).join('-');
}
