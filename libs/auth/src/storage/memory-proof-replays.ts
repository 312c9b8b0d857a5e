import { AuthError } from '../common/auth-error.js';
import type { Clock } from '../common/clock.js';
import { ProofReplays, type ProofUse, type ProofVerdict } from './proof-replays.port.js';

/** Beyond it nothing is forgotten to make room: a proof that was forgotten would work again. */
const CAPACITY = 100_000;

interface Used {
  /** Until when it is remembered. */
  readonly until: number;
  readonly holder: string;
}

/** In this process alone. Each proof must carry the nonce that is this process's own, and so works on no other and not after a restart. */
export class MemoryProofReplays extends ProofReplays {
  /** Oldest first. */
  readonly #used = new Map<string, Used>();
  /** How many of them each holder has. */
  readonly #held = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    private readonly nonce: string,
    private readonly capacity = CAPACITY,
  ) {
    super();
  }

  // nothing here awaits: that is what makes it atomic
  override use({ id, holder, windowMs, nonce }: ProofUse): Promise<ProofVerdict> {
    if (nonce !== this.nonce) return Promise.resolve({ kind: 'nonce_needed', nonce: this.nonce });
    const now = this.clock.monotonic();
    for (const [each, { until }] of this.#used) {
      if (until > now) break;
      this.forget(each);
    }
    if (this.#used.has(id)) return Promise.resolve({ kind: 'replayed' });
    const held = this.#held.get(holder) ?? 0;
    // nobody may hold more than is free: one who is greedy stops at half of it, and whoever holds nothing gets in while anything is free
    if (held >= this.capacity - this.#used.size)
      return Promise.reject(
        AuthError.unavailable('DPoP: too many proofs at once for one process; give it a Redis'),
      );
    // from one end of the window to the other, and a window more for a clock that is set back meanwhile
    this.#used.set(id, { until: now + 3 * windowMs, holder });
    this.#held.set(holder, held + 1);
    return Promise.resolve({ kind: 'first' });
  }

  override forget(id: string): void {
    const used = this.#used.get(id);
    if (!used) return;
    this.#used.delete(id);
    const left = (this.#held.get(used.holder) ?? 0) - 1;
    if (left > 0) this.#held.set(used.holder, left);
    else this.#held.delete(used.holder);
  }
}
