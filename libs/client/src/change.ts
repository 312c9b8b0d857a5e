/** One change of the browser's tokens, as one tab tells the others. Never a refresh token. */
export interface Change {
  readonly kind: 'refreshed' | 'signedIn' | 'logout' | 'refused';
  /** Of the access token, by this machine's clock. */
  readonly expiresAt?: number | undefined;
  /** Only where scripts hold it anyway (`hybrid`, `bearer`). */
  readonly accessToken?: string | undefined;
  /** Which content of a `bearer` store it left behind: the end of the refresh token, far too short to be one. Undefined: empty. */
  readonly left?: string | undefined;
}

/** Tells two tokens apart. */
export const tailOf = (refreshToken: string | undefined): string | undefined => refreshToken?.slice(-9);
