/**
 * Which keys the processes of one database have ever loaded. With it a new key waits its lead time also after a
 * restart, and revoking a `kid` that nobody ever had is an error. It stores only names, no key material.
 */
export abstract class KeySightings {
  /**
   * Records the kids and returns how long ago each was first seen, in milliseconds. The first kids of an empty store
   * count as seen long ago.
   */
  abstract see(kids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  abstract knows(kid: string): Promise<boolean>;
}
