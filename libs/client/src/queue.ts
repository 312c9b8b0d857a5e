import { deadline, until } from './timers.js';

/** A tab that is frozen holds what it has. Who waited this long goes on: the key of a refresh makes two of them one. */
const WAIT_MS = 10_000;

export type Exclusive = <T>(work: () => Promise<T>) => Promise<T>;

/** One at a time over all tabs: a Web Lock, else (plain HTTP, old browsers, Node) a line of its own. */
export function queueOf(name: string, locks: LockManager | undefined): Exclusive {
  let line: Promise<unknown> = Promise.resolve();
  return (work) =>
    new Promise((resolve, reject) => {
      let hasBegun: boolean | undefined;
      const run = (): Promise<unknown> => {
        hasBegun = true;
        const done = work();
        done.then(resolve, reject);
        return done.catch(() => undefined);
      };
      const inLine = (): void => {
        if (hasBegun) return;
        line = until(deadline(WAIT_MS), line).then(run, run);
      };
      if (!locks) return inLine();
      locks
        .request(name, { signal: deadline(WAIT_MS) }, run)
        .catch(() => hasBegun ?? locks.request(name, { steal: true }, run))
        // denied in some frames
        .catch(inLine);
    });
}
