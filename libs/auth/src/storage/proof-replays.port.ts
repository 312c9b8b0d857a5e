export interface ProofUse {
  /** Names the proof: of its key and `jti`, no secret. */
  readonly id: string;
  /** Whom it is counted for where memory is bounded: the account of the token that it came with, else the thumbprint of its key. */
  readonly holder: string;
  /** `iat`, milliseconds since the epoch. */
  readonly issuedAtMs: number;
  /** How far a clock may be off: a proof is taken when `iat` is at most so far from now, either way. */
  readonly windowMs: number;
  readonly nonce?: string;
}

export type ProofVerdict =
  | { readonly kind: 'first' | 'replayed' }
  /** It may have been used before anybody remembered: with this nonce it cannot have been. */
  | { readonly kind: 'nonce_needed'; readonly nonce: string };

/**
 * Which proofs were used (RFC 9449, section 11.1). Of any number of uses of a proof one is `first`, on all processes that share the store, whatever is
 * lost of it: what a store remembers since an instant alone it asks a nonce for, which nobody knew before that instant.
 */
export abstract class ProofReplays {
  /** Throws `AuthError('unavailable')` where it cannot be known. */
  abstract use(proof: ProofUse): Promise<ProofVerdict>;

  /** Whose the `id` was that was `first`, once that is known: where memory is bounded, all proofs of its key are counted for that account. */
  belongs(_id: string, _account: string): void {
    // a store that is not bounded counts nobody's
  }

  /** Of the `id` that was `first`, once what it came with was refused: strangers must not fill the store. Best effort. */
  abstract forget(id: string): void;
}
