import type { Principal } from '../common/principal.js';
import type { Refusal } from './verification-policy.js';

/** What is remembered of a token whose signature and claims were accepted; the clock is asked again each time. */
export interface VerifiedToken {
  readonly principal: Principal;
  readonly exp: number;
  readonly nbf: number;
  readonly iat: number;
  /** Of an old token of another set-up: refused from then on, without tolerance. Milliseconds since the epoch. */
  readonly acceptUntilMs?: number;
}

export type Verification = { readonly kind: 'accepted'; readonly verified: VerifiedToken } | Refusal;

/** Longer ones do not fit a cookie and would let few clients fill the memory; they are verified each time. */
const MAX_CACHED_BYTES = 4096;

/**
 * Verified tokens by their full text, in two generations: what was used since the last turn survives it, the rest goes at once. Constant
 * time, at most `capacity` entries, no scan.
 */
export class VerifiedTokenCache {
  readonly #generationSize: number;
  #young = new Map<string, VerifiedToken>();
  #old = new Map<string, VerifiedToken>();
  #revision = -1;

  constructor(readonly capacity: number) {
    this.#generationSize = capacity > 1 ? Math.floor(capacity / 2) : capacity;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** `revision` is the keyring's: what was concluded from other keys is forgotten before anything is answered. */
  get(token: string, revision: number): VerifiedToken | undefined {
    if (revision !== this.#revision) this.#forgetAll(revision);
    // before the Map hashes it
    if (token.length > MAX_CACHED_BYTES) return undefined;
    const young = this.#young.get(token);
    if (young) return young;
    const old = this.#old.get(token);
    if (!old) return undefined;
    this.#old.delete(token);
    this.#add(token, old);
    return old;
  }

  /** Only for a token that was accepted under `revision`. */
  set(token: string, verified: VerifiedToken, revision: number): void {
    if (this.#generationSize === 0 || token.length > MAX_CACHED_BYTES) return;
    if (revision !== this.#revision) this.#forgetAll(revision);
    // a token cut out of a header would keep the whole header alive
    this.#add(Buffer.from(token, 'latin1').toString('latin1'), verified);
  }

  #add(token: string, verified: VerifiedToken): void {
    if (this.#young.size >= this.#generationSize) {
      this.#old = this.capacity > 1 ? this.#young : new Map();
      this.#young = new Map();
    }
    this.#young.set(token, verified);
  }

  #forgetAll(revision: number): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#revision = revision;
  }
}
