/** Keeps the refresh-token secrets of hosts that configure none. */
export abstract class RefreshSecretsStore {
  /**
   * The stored ring as `id:base64url` lines, the one that mints now first, then the ones before, then the next; makes one from `candidate` when there
   * is none. Safe when many processes start at once.
   */
  abstract loadOrCreate(candidate: string): Promise<readonly string[]>;
  /**
   * Adds `candidate`, which every process knows `leadTimeMs` before it mints, and removes what stopped minting more than `retainMs` (the longest that a
   * token of it may be live) ago. Stores that cannot do without it.
   */
  rotate?(candidate: string, leadTimeMs: number, retainMs: number): Promise<void>;
}
