import type { StoredTokens, TokenStore } from './token-store.js';

export interface Keeper {
  readTokens(): Promise<StoredTokens>;
  writeTokens(tokens: StoredTokens): Promise<void>;
}

/**
 * The newest token counts even if the store could not save it: the server has rotated, and the former token is spent.
 */
export function keeperOf(store: TokenStore): Keeper {
  let newest: StoredTokens = {};
  let isWritten = true;

  async function flush(): Promise<void> {
    const tokens = newest;
    try {
      await store.set(tokens);
      isWritten = tokens === newest;
    } catch {
      // the Keychain may be locked; the next read tries again
    }
  }

  return {
    async readTokens() {
      if (!isWritten) await flush();
      else {
        const stored = (await store.get()) ?? {};
        // some stores drop members that they do not know
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

/**
 * In `cookie` and `hybrid` mode the browser has the token. Its tabs share the key, which is useless without the token.
 */
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
 * 160 random bits, an `Idempotency-Key`. React Native has no `crypto`. Then no key is sent, because somebody who
 * guesses a key gets the tokens of a lost answer.
 */
export function newKey(): string | undefined {
  const { crypto } = globalThis as { crypto?: Crypto };
  return crypto?.getRandomValues(new Uint32Array(5)).join('-');
}
