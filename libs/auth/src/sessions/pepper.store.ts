/** Keeps the refresh-token secret of hosts that configure none. */
export abstract class PepperStore {
  /** The stored ring as `id:base64url` lines, first mints; makes one from `candidate` when there is none. Safe when many processes start at once. */
  abstract loadOrCreate(candidate: string): Promise<readonly string[]>;
}
