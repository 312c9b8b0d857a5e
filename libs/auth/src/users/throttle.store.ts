export interface ThrottleBucket {
  /** Opaque: the caller has hashed whatever it names. */
  readonly key: string;
  readonly limit: number;
}

export type ThrottleDecision =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'refused'; readonly retryAfterSeconds: number };

/** Counters of failures in a window, shared by as many processes as the implementation reaches. */
export abstract class ThrottleStore {
  /** Counts one try in every bucket before the work is done; refused when any bucket is full (a refused try is counted in none). */
  abstract take(buckets: readonly ThrottleBucket[], windowMs: number): Promise<ThrottleDecision>;
  /** Gives one try back to every bucket, never below zero. */
  abstract giveBack(buckets: readonly ThrottleBucket[], windowMs: number): Promise<void>;
}
