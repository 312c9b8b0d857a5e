import { AuthError } from '../common/auth-error.js';
import type { Clock } from '../common/clock.js';
import { ProofReplays, type ProofUse, type ProofVerdict } from './proof-replays.port.js';

/** Beyond it nothing is forgotten to make room: a proof that was forgotten would work again. */
const CAPACITY = 100_000;

/** In this process alone. Each proof must carry the nonce that is this process's own, and so works on no other and not after a restart. */
export class MemoryProofReplays extends ProofReplays {
  /** Until when each is remembered, oldest first. */
  readonly #used = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    private readonly nonce: string,
    private readonly capacity = CAPACITY,
  ) {
    super();
  }

  // nothing here awaits: that is what makes it atomic
  override use({ id, windowMs, nonce }: ProofUse): Promise<ProofVerdict> {
    if (nonce !== this.nonce) return Promise.resolve({ kind: 'nonce_needed', nonce: this.nonce });
    const now = this.clock.monotonic();
    for (const [each, until] of this.#used) {
      if (until > now) break;
      this.#used.delete(each);
    }
    if (this.#used.has(id)) return Promise.resolve({ kind: 'replayed' });
    if (this.#used.size >= this.capacity)
      return Promise.reject(
        AuthError.unavailable('DPoP: too many proofs at once for one process; give it a Redis'),
      );
    // from one end of the window to the other, and a window more for a clock that is set back meanwhile
    this.#used.set(id, now + 3 * windowMs);
    return Promise.resolve({ kind: 'first' });
  }

  override forget(id: string): void {
    this.#used.delete(id);
  }
}
