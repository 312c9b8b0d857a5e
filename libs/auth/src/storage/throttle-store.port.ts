export interface ThrottleBucket {
  /** Opaque: the caller has hashed whatever it names. */
  readonly key: string;
  /** Tries that may lie within the window; at least 1. */
  readonly limit: number;
}

/** One try to prove a credential, with the counters that it counts in. */
export interface ThrottleAttempt {
  /** Unique: what is given back is exactly what this try has taken, and giving back twice gives nothing. */
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
   * Counts the try in every bucket before the work is done; refused when any bucket is full, and then it is counted in none. Atomic: of any
   * number of simultaneous tries no more than `limit` are allowed.
   */
  abstract take(attempt: ThrottleAttempt): Promise<ThrottleDecision>;
  /** Takes the try out of every bucket again. Best effort: a try that cannot be given back leaves with its window. */
  abstract giveBack(attempt: ThrottleAttempt): Promise<void>;
}
