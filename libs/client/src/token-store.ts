/** Where a `bearer` client keeps its refresh token (and device id) over restarts: Keychain, Keystore, a file of mode 0600. */
export interface TokenStore {
  get(): Promise<StoredTokens | undefined> | StoredTokens | undefined;
  /** `undefined` forgets. */
  set(tokens: StoredTokens | undefined): Promise<void> | void;
}

export interface StoredTokens {
  readonly refreshToken?: string;
  readonly device?: string;
}

export function memoryStore(): TokenStore {
  let kept: StoredTokens | undefined;
  return {
    get: () => kept,
    set: (tokens) => {
      kept = tokens;
    },
  };
}
