/**
 * Where a `bearer` client keeps its refresh token (and device id) over restarts: Keychain, Keystore, a file of mode 0600. Every member
 * of what it was given comes back.
 */
export interface TokenStore {
  get(): Promise<StoredTokens | undefined> | StoredTokens | undefined;
  /** `undefined` forgets. */
  set(tokens: StoredTokens | undefined): Promise<void> | void;
}

export interface StoredTokens {
  readonly refreshToken?: string | undefined;
  readonly device?: string | undefined;
  /** `Idempotency-Key` of the refresh that is under way: with it, an app that was killed meanwhile goes on. */
  readonly key?: string | undefined;
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
