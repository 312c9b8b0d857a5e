import type { LedgerHistory } from '../storage/revocation-ledger.port.js';
import type { HostPool } from './host-pool.js';

type Known = () => LedgerHistory | undefined;

/** What the views of this process know of the servers that a pool leads to. */
export class Histories {
  readonly #known = new Set<Known>();

  /** Returns a function that forgets it. */
  add(known: Known): () => void {
    this.#known.add(known);
    return () => void this.#known.delete(known);
  }

  /** 0 as long as nothing is known. */
  newestTimeline(): number {
    let newest = 0;
    for (const known of this.#known) newest = Math.max(newest, known()?.timeline ?? 0);
    return newest;
  }

  /** Of each that knows its ledger by now. */
  all(): readonly LedgerHistory[] {
    return [...this.#known].flatMap((known) => known() ?? []);
  }
}

const byPool = new WeakMap<HostPool, Histories>();

/**
 * One for each pool, and not for each store: several modules may share a storage, and a source of keys or a user
 * directory of the host has no view of its own.
 */
export function historiesOf(pool: HostPool): Histories {
  const histories = byPool.get(pool) ?? new Histories();
  byPool.set(pool, histories);
  return histories;
}
