/** Keeps the refresh-token secrets of hosts that configure none. */
export abstract class RefreshSecretsStore {
  /**
   * The stored secrets as `id:base64url` lines: first the current one, then the former ones, then the next. If there
   * is none, `candidate` becomes the first. Safe when many processes start at once.
   */
  abstract loadOrCreate(candidate: string): Promise<readonly string[]>;
  /**
   * Adds `candidate`, which every process knows `leadTimeMs` before it mints, and removes what stopped minting more
   * than `retainMs` (the longest that a token of it may be live) ago. Stores that cannot do without it.
   */
  rotate?(candidate: string, leadTimeMs: number, retainMs: number): Promise<void>;
}
