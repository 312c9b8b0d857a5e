import type { Change } from './change.js';
import { type Places, put } from './places.js';
import { quietTimer } from './timers.js';

/** How long a message may be late. */
const MARK_MS = 5_000;

type Mark = Change & { readonly turn: number };

/**
 * What was done, for the next in the queue to see at once: the name of a shared lock, which every tab reads in one order with the queue (a
 * message or storage may come later than the lock). Without Web Locks the last one in localStorage, best effort. Holds no token.
 */
export class Marks {
  private readonly prefix: string;

  constructor(
    name: string,
    private readonly places: Places,
  ) {
    this.prefix = `${name}:done:`;
  }

  /** Oldest first. */
  async list(): Promise<readonly Mark[]> {
    const { locks, storage } = this.places;
    const names = locks
      ? ((await locks.query()).held ?? []).map(({ name = '' }) => name)
      : [this.prefix + (storage?.getItem(this.prefix) ?? '')];
    return names
      .filter((name) => name.startsWith(`${this.prefix}{`))
      .map((name) => JSON.parse(name.slice(this.prefix.length)) as Mark)
      .sort((one, other) => one.turn - other.turn);
  }

  /** Within the queue, so that the turns are in order. */
  async leave(change: Change): Promise<void> {
    const { locks, storage } = this.places;
    const turn = 1 + ((await this.list()).at(-1)?.turn ?? 0);
    const text = JSON.stringify({ ...change, turn, accessToken: undefined });
    if (!locks) return void (storage && put(storage, this.prefix, text));
    await new Promise<void>((held) => {
      void locks.request(this.prefix + text, { mode: 'shared' }, () => {
        held();
        return new Promise<void>((released) => quietTimer(released, MARK_MS));
      });
    });
  }
}
