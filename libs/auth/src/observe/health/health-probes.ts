/** What the revocation view says of itself. */
export interface ViewStanding {
  readonly ageMs: number;
  readonly provenBy: string;
  readonly entries: number;
  readonly bounded: boolean;
  readonly linked: boolean;
  readonly fresh: boolean;
}

export interface KeyStanding {
  /** There is a key to do this module's work with. */
  readonly usable: boolean;
  readonly keys: number;
  readonly ageMs?: number;
}

/** What the wings hand in for `AuthHealth`. A store that is not used has no probe. */
export interface HealthProbes {
  /** Each rejects, or misses its deadline, when the store is out of reach. */
  readonly postgres?: () => Promise<unknown>;
  readonly redis?: () => Promise<unknown>;
  readonly revocations: () => ViewStanding;
  readonly keys: () => KeyStanding;
}

/** Injection token of what the wings hand in. */
export const HEALTH_PROBES = Symbol('HEALTH_PROBES');
