import { leased } from './lease.js';
import { type Places, put } from './places.js';
import { sleep } from './timers.js';

/** How long the answer of a tab that was closed in the middle may be under way: it still sets the cookies (`keepalive`). */
const ORPHAN_MS = 5_000;

/** One at a time over all tabs: a Web Lock, else (plain HTTP, old browsers) a lease in localStorage, else a line in this tab alone. */
export class Queue {
  private line: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly name: string,
    private readonly places: Places,
  ) {}

  run<T>(work: () => Promise<T>): Promise<T> {
    const { locks, storage } = this.places;
    const marked = () => this.afterOrphan(work);
    if (locks) return locks.request(this.name, marked) as Promise<T>;
    const turn = this.line.then(() => (storage ? leased(storage, this.name, marked) : marked()));
    this.line = turn.catch(() => undefined);
    return turn;
  }

  /** Two refreshes with one cookie would look like theft. */
  private async afterOrphan<T>(work: () => Promise<T>): Promise<T> {
    const { storage } = this.places;
    const busy = `${this.name}:busy`;
    const leftMs = Number(storage?.getItem(busy) ?? 0) + ORPHAN_MS - Date.now();
    if (leftMs > 0) await sleep(Math.min(leftMs, ORPHAN_MS));
    if (storage) put(storage, busy, String(Date.now()));
    try {
      return await work();
    } finally {
      storage?.removeItem(busy);
    }
  }
}
