import type { Principal } from '../../common/principal.js';
import type { Refusal } from './verification-policy.js';

/** What is kept of a token whose signature and claims were accepted. The times are checked again at each use. */
export interface VerifiedToken {
  readonly principal: Principal;
  readonly exp: number;
  readonly nbf: number;
  readonly iat: number;
  readonly auth_time?: number;
  /** Thumbprint of the key that the token is bound to. */
  readonly boundKey?: string;
  /** The session's browser has not registered its key yet. */
  readonly pending?: boolean;
  /**
   * The token is refused from this time on, without tolerance. Milliseconds since the epoch.
   * Default: only `exp` counts.
   */
  readonly acceptUntilMs?: number;
}

export type Verification =
  { readonly kind: 'accepted'; readonly verified: VerifiedToken } | Refusal;

/**
 * Longer tokens do not fit into a cookie, and a few clients could fill the memory with them. They
 * are verified each time.
 */
const MAX_CACHED_BYTES = 4096;

/** How many characters name a token. They are taken from the end of its signature, which nobody can choose. */
const NAMED_BY = 8;

/**
 * A small integer (FNV-1a), because hashing a text from a request costs more than everything else
 * here. Two tokens with the same name only replace each other, because the whole text is compared.
 */
function nameOf(token: string): number {
  let name = 0x811c9dc5;
  for (let at = Math.max(0, token.length - NAMED_BY); at < token.length; at++)
    name = Math.imul(name ^ token.charCodeAt(at), 0x01000193);
  return name;
}

interface Remembered {
  readonly token: string;
  readonly verified: VerifiedToken;
}

/**
 * Verified tokens by their full text, in two generations. Tokens that were used since the last
 * change of generation stay, the others are dropped together. Constant time, at most `capacity`
 * entries, no scan.
 */
export class VerifiedTokenCache {
  readonly #generationSize: number;
  #young = new Map<number, Remembered>();
  #old = new Map<number, Remembered>();
  #revision = -1;

  constructor(readonly capacity: number) {
    this.#generationSize = capacity > 1 ? Math.floor(capacity / 2) : capacity;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** `revision` is the keyring's: outcomes under other keys are dropped before any answer. */
  get(token: string, revision: number): VerifiedToken | undefined {
    if (revision !== this.#revision) this.#forgetAll(revision);
    const name = nameOf(token);
    const young = this.#young.get(name);
    if (young?.token === token) return young.verified;
    const old = this.#old.get(name);
    if (old?.token !== token) return undefined;
    this.#old.delete(name);
    this.#add(old);
    return old.verified;
  }

  /** Call this only for a token that was accepted under `revision`. */
  set(token: string, verified: VerifiedToken, revision: number): void {
    if (this.#generationSize === 0 || token.length > MAX_CACHED_BYTES) return;
    if (revision !== this.#revision) this.#forgetAll(revision);
    // a substring of a header would keep the whole header in memory
    this.#add({ token: Buffer.from(token, 'latin1').toString('latin1'), verified });
  }

  #add(remembered: Remembered): void {
    if (this.#young.size >= this.#generationSize) {
      this.#old = this.capacity > 1 ? this.#young : new Map();
      this.#young = new Map();
    }
    this.#young.set(nameOf(remembered.token), remembered);
  }

  #forgetAll(revision: number): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#revision = revision;
  }
}
