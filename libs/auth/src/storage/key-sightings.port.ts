/**
 * Which keys the processes of one database were ever given: a key that is new waits its lead time also after a restart, and revoking a `kid`
 * that nobody ever had is an error. Names alone, no material.
 */
export abstract class KeySightings {
  /** Notes the kids; tells how long ago each was first seen, milliseconds. What comes before anything was noted counts as seen long ago. */
  abstract see(kids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  abstract knows(kid: string): Promise<boolean>;
}
