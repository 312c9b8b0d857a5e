import { AuthError } from '../common/auth-error.js';
import type { Clock } from '../common/clock.js';
import { ProofReplays, type ProofUse, type ProofVerdict } from './proof-replays.port.js';

/** Beyond it nothing is forgotten to make room: a proof that was forgotten would work again. */
const CAPACITY = 100_000;

interface Used {
  /** Until when it is remembered. */
  readonly until: number;
  readonly holder: string;
  /** Whom it was counted for before its account was known. */
  readonly key?: string;
}

/**
 * In this process alone. Each proof must carry the nonce that is this process's own, and so works on no other and not
 * after a restart.
 */
export class MemoryProofReplays extends ProofReplays {
  /** Oldest first. */
  readonly #used = new Map<string, Used>();
  /** How many of them each holder has. */
  readonly #held = new Map<string, number>();

  /** Of which account each such key is, and how many of its proofs are remembered. */
  readonly #accounts = new Map<string, { readonly account: string; readonly proofs: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly nonce: string,
    private readonly capacity = CAPACITY,
  ) {
    super();
  }

  // nothing here awaits: that is what makes it atomic
  override use({ id, holder: key, windowMs, nonce }: ProofUse): Promise<ProofVerdict> {
    if (nonce !== this.nonce) return Promise.resolve({ kind: 'nonce_needed', nonce: this.nonce });
    const now = this.clock.monotonic();
    for (const [each, { until }] of this.#used) {
      if (until > now) break;
      this.forget(each);
    }
    if (this.#used.has(id)) return Promise.resolve({ kind: 'replayed' });
    const known = this.#accounts.get(key);
    const holder = known?.account ?? key;
    const held = this.#held.get(holder) ?? 0;
    // a holder may use at most as much as is free: half of the memory, so that there is room for others
    if (held >= this.capacity - this.#used.size)
      return Promise.reject(
        AuthError.unavailable('DPoP: too many proofs at once for one process; give it a Redis'),
      );
    // from one end of the window to the other, and a window more for a clock that is set back meanwhile
    this.#used.set(id, { until: now + 3 * windowMs, holder, ...(known && { key }) });
    this.#count(holder, 1);
    if (known) this.#note(key, known.account, 1);
    return Promise.resolve({ kind: 'first' });
  }

  override belongs(id: string, account: string): void {
    const used = this.#used.get(id);
    if (!used || used.key !== undefined || used.holder === account) return;
    const { holder: key, until } = used;
    this.#used.set(id, { until, holder: account, key });
    this.#count(key, -1);
    this.#count(account, 1);
    this.#note(key, account, 1);
  }

  override forget(id: string): void {
    const used = this.#used.get(id);
    if (!used) return;
    this.#used.delete(id);
    this.#count(used.holder, -1);
    if (used.key !== undefined) this.#note(used.key, used.holder, -1);
  }

  #count(holder: string, by: 1 | -1): void {
    const held = (this.#held.get(holder) ?? 0) + by;
    if (held > 0) this.#held.set(holder, held);
    else this.#held.delete(holder);
  }

  #note(key: string, account: string, by: 1 | -1): void {
    const proofs = (this.#accounts.get(key)?.proofs ?? 0) + by;
    if (proofs > 0) this.#accounts.set(key, { account, proofs });
    else this.#accounts.delete(key);
  }
}
