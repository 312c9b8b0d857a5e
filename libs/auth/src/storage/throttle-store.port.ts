export interface ThrottleBucket {
  /** Opaque, because the caller has hashed the names in it. */
  readonly key: string;
  /** How many tries are allowed within the window; at least 1. */
  readonly limit: number;
}

/** One try to prove a credential, with the counters that it counts in. */
export interface ThrottleAttempt {
  /** Unique. Giving back removes exactly this try, and a second time has no effect. */
  readonly id: string;
  readonly buckets: readonly ThrottleBucket[];
  /** A try leaves its buckets this long after it was counted (a sliding window). */
  readonly windowMs: number;
}

export type ThrottleDecision =
  { readonly kind: 'allowed' } | { readonly kind: 'refused'; readonly retryAfterSeconds: number };

/** Counters of failures in a window, shared by as many processes as the implementation reaches. */
export abstract class ThrottleStore {
  /**
   * Counts the try in every bucket, before the work is done. If any bucket is full, the try is refused and counted in
   * none. Atomic: of any number of simultaneous tries at most `limit` are allowed.
   */
  abstract take(attempt: ThrottleAttempt): Promise<ThrottleDecision>;
  /** Removes the try from every bucket again. Best effort: a try that cannot be given back expires with its window. */
  abstract giveBack(attempt: ThrottleAttempt): Promise<void>;
}
