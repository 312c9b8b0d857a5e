export interface ProofUse {
  /** Identifies the proof. It is made from its key and `jti`, and is not a secret. */
  readonly id: string;
  /**
   * The holder that the proof counts for if memory is bounded: the account of the token that it came with, or else
   * the thumbprint of its key.
   */
  readonly holder: string;
  /** `iat`, milliseconds since the epoch. */
  readonly issuedAtMs: number;
  /** How far a clock may be off. A proof is accepted if `iat` is at most that far from now, in either direction. */
  readonly windowMs: number;
  readonly nonce?: string;
}

export type ProofVerdict =
  | { readonly kind: 'first' | 'replayed' }
  /** It may have been used before the store began to remember. A proof with this nonce cannot have been. */
  | { readonly kind: 'nonce_needed'; readonly nonce: string };

/**
 * The used proofs (RFC 9449, section 11.1). Of any number of uses of a proof exactly one is `first`, on all processes
 * that share the store, even if the store loses data: for proofs that may be older than its memory, the store asks
 * for a nonce that nobody knew before.
 */
export abstract class ProofReplays {
  /** Throws `AuthError('unavailable')` if it cannot know. */
  abstract use(proof: ProofUse): Promise<ProofVerdict>;

  /**
   * Whose the `id` was that was `first`, once that is known: where memory is bounded, all proofs of its key are counted
   * for that account.
   */
  belongs(_id: string, _account: string): void {
    // a store that is not bounded counts nobody's
  }

  /**
   * Forgets an `id` that was `first`, after its request was refused, so that strangers cannot fill the store. Best
   * effort.
   */
  abstract forget(id: string): void;
}
