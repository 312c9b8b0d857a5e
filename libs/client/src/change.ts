/** One change of the browser's tokens, as one tab tells the others. Never a refresh token. */
export interface Change {
  /** Names it, so that nobody counts it twice: it may come as a mark and as a message. */
  readonly id: string;
  readonly kind: 'refreshed' | 'signedIn' | 'logout' | 'refused';
  /** Of the access token, by this machine's clock. */
  readonly expiresAt?: number | undefined;
  /** Only where scripts hold it anyway (`hybrid`). */
  readonly accessToken?: string | undefined;
}

export function isEnd(change: Change): boolean {
  return change.kind === 'logout' || change.kind === 'refused';
}
