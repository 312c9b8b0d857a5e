/** Tokenward's own two counters of a user (`auth_subjects`). A user without a row has both at 1. */
export interface SubjectState {
  /** Every access token carries it; a bump ends all earlier ones. */
  readonly tokenVersion: number;
  /** Every session remembers it; a bump ends all of them, those under way included. */
  readonly epoch: number;
}

export function sameState(a: SubjectState, b: SubjectState | undefined): boolean {
  return a.tokenVersion === b?.tokenVersion && a.epoch === b.epoch;
}

/** What authorization needs to know of a user. */
export interface UserFacts {
  readonly role?: string;
  readonly permissions: readonly string[];
  readonly disabled: boolean;
  /** Whose user it is, where the directory keeps tenants. */
  readonly tenant?: string;
}
