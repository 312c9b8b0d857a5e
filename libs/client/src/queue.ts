import { deadline, sleep, until } from './timers.js';
import { TELL_MS, TURN_MS } from './waits.js';

export type Exclusive = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Runs one piece of work at a time in all tabs, by a Web Lock. Without Web Locks (plain HTTP, old browsers, Node)
 * only within this tab.
 *
 * @param onLost called when another tab continues without waiting for the work of this one, which still runs.
 */
export function queueOf(
  name: string,
  locks: LockManager | undefined,
  onLost: () => void,
): Exclusive {
  let line: Promise<unknown> = Promise.resolve();
  return (work) =>
    new Promise((resolve, reject) => {
      let hasBegun: boolean | undefined;
      const run = (): Promise<unknown> => {
        hasBegun = true;
        return work().then(resolve, reject);
      };
      const inLine = (): void => {
        line = until(deadline(TURN_MS), line).then(run, run);
      };
      const ask = (options: LockOptions, orElse: () => void): void => {
        locks
          ?.request(name, options, () => run().then(() => sleep(TELL_MS)))
          .catch(() => {
            if (hasBegun) onLost();
            else orElse();
          });
      };
      if (!locks) return inLine();
      // some frames may not use Web Locks
      ask({ signal: deadline(TURN_MS) }, () => ask({ steal: true }, inLine));
    });
}
