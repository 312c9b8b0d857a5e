import type { Change } from './change.js';
import { quietTimer } from './timers.js';

/** How long a message may be late. */
const MARK_MS = 5_000;

type Mark = Change & { readonly turn: number };

export interface Marks {
  /** Oldest first. */
  list(): Promise<readonly Mark[]>;
  /** Within the queue, so that the turns are in order. */
  leave(change: Change): Promise<void>;
}

/**
 * What was done, for the next in the queue to see at once: the name of a shared lock, which every tab reads in one order with the queue (a
 * message may come later than the lock). Holds no token.
 */
export function marksOf(name: string, locks: LockManager | undefined): Marks {
  const prefix = `${name}:done:`;
  async function list(): Promise<readonly Mark[]> {
    const { held = [] } = (await locks?.query().catch(() => undefined)) ?? {};
    return held
      .filter((lock) => lock.name?.startsWith(prefix))
      .map((lock) => JSON.parse(lock.name?.slice(prefix.length) ?? '') as Mark)
      .sort((one, other) => one.turn - other.turn);
  }
  return {
    list,
    async leave(change) {
      const turn = 1 + ((await list()).at(-1)?.turn ?? 0);
      const text = JSON.stringify({ ...change, turn, accessToken: undefined });
      await new Promise<void>((held) => {
        locks
          ?.request(prefix + text, { mode: 'shared' }, () => {
            held();
            return new Promise<void>((released) => quietTimer(released, MARK_MS));
          })
          .catch(held);
        if (!locks) held();
      });
    },
  };
}
