/**
 * Where a `bearer` client keeps its refresh token (and device id) over restarts: Keychain, Keystore, or a file of
 * mode 0600. It must return every member that it was given.
 */
export interface TokenStore {
  get(): Promise<StoredTokens | undefined> | StoredTokens | undefined;
  /** With `undefined` the store forgets the tokens. */
  set(tokens: StoredTokens | undefined): Promise<void> | void;
}

export interface StoredTokens {
  readonly refreshToken?: string | undefined;
  readonly device?: string | undefined;
  /**
   * `Idempotency-Key` of the refresh that is under way: with it, an app that was killed meanwhile keeps its session.
   */
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
