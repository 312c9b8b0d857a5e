/** Tokenward's own two counters of a user (`auth_subjects`). A user without a row has both at 1. */
export interface SubjectState {
  /** Every access token carries it. Raising it revokes all earlier tokens. */
  readonly tokenVersion: number;
  /** Every session stores it. Raising it ends all sessions, also those that are being opened. */
  readonly epoch: number;
}

export function sameState(a: SubjectState, b: SubjectState | undefined): boolean {
  return a.tokenVersion === b?.tokenVersion && a.epoch === b.epoch;
}

/** What authorization needs to know about a user. */
export interface UserFacts {
  readonly role?: string;
  readonly permissions: readonly string[];
  readonly disabled: boolean;
  /** The tenant of the user, if the directory has tenants. */
  readonly tenant?: string;
}
