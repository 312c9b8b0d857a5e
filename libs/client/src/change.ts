/** One change of the browser's tokens, as one tab tells the others. Never a refresh token. */
export interface Change {
  readonly kind: 'refreshed' | 'signedIn' | 'logout' | 'refused';
  /** When the access token expires, by this machine's clock. */
  readonly expiresAt?: number | undefined;
  /** Only where scripts hold it anyway (`hybrid`, `bearer`). */
  readonly accessToken?: string | undefined;
  /**
   * Identifies the content that it left in a `bearer` store: the end of the refresh token, far too short to be used
   * as one. Undefined: the store is empty.
   */
  readonly left?: string | undefined;
}

/** Tells two tokens apart. */
export const tailOf = (refreshToken: string | undefined): string | undefined =>
  refreshToken?.slice(-9);
