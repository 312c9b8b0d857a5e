import { describe, expect, it } from '@jest/globals';
import { HashQueue, type Turn } from './hash-queue.js';

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('HashQueue', () => {
  it('runs at most the allowed number at once, in order of arrival, and refuses jobs when the queue is full', async () => {
    const queue = new HashQueue(2, 3);
    const gates = Array.from({ length: 5 }, gate);
    const started: number[] = [];
    const jobs = gates.map((each, index) =>
      queue.run(async () => {
        started.push(index);
        await each.opened;
        return index;
      }),
    );
    expect(started).toEqual([0, 1]);
    expect([queue.running, queue.waiting]).toEqual([2, 3]);
    await expect(queue.run(() => Promise.resolve())).rejects.toMatchObject({
      code: 'unavailable',
      extra: { retryAfterSeconds: 1 },
    });

    gates[1]?.open();
    await settle();
    expect(started).toEqual([0, 1, 2]);
    expect([queue.running, queue.waiting]).toEqual([2, 2]);
    for (const each of gates) each.open();
    await expect(Promise.all(jobs)).resolves.toEqual([0, 1, 2, 3, 4]);
    expect(started).toEqual([0, 1, 2, 3, 4]);
    expect([queue.running, queue.waiting]).toEqual([0, 0]);
  });

  it('continues after a failed job', async () => {
    const queue = new HashQueue(1, 1);
    const failed = queue.run(() => Promise.reject(new Error('broken')));
    const next = queue.run(() => Promise.resolve('done'));
    await expect(failed).rejects.toThrow('broken');
    await expect(next).resolves.toBe('done');
    expect(queue.running).toBe(0);
  });

  describe('takes turns', () => {
    /** A queue with one slot, which is busy until `free`; returns what ran afterwards, in order. */
    async function busy(maxQueue = 100) {
      const queue = new HashQueue(1, maxQueue);
      const { opened, open } = gate();
      void queue.run(() => opened, { account: 'first', address: 'elsewhere' });
      const ran: string[] = [];
      const refused: string[] = [];
      const all: Promise<void>[] = [];
      const add = (name: string, turn: Turn, times = 1): void => {
        for (let n = 0; n < times; n++)
          all.push(
            queue.run(async () => void ran.push(name), turn).catch(() => void refused.push(name)),
          );
      };
      const free = async () => {
        open();
        await Promise.all(all);
        return { ran, refused };
      };
      return { add, free };
    }

    it.each<[string, (n: number) => Turn, Turn]>([
      [
        'one account from one address, from which others log in as well',
        () => ({ account: 'eve', address: 'a' }),
        { account: 'bob', address: 'a' },
      ],
      [
        'one account from many addresses',
        (n) => ({ account: 'eve', address: `a${String(n)}` }),
        { account: 'bob', address: 'b' },
      ],
      [
        'many accounts from one address',
        (n) => ({ account: `eve${String(n)}`, address: 'a' }),
        { account: 'bob', address: 'b' },
      ],
    ])('%s: 50 that wait hold the next one up by few', async (_name, attack, honest) => {
      const { add, free } = await busy();
      for (let n = 0; n < 50; n++) add('attack', attack(n));
      add('honest', honest);
      const { ran } = await free();
      expect(ran.indexOf('honest')).toBeLessThan(10);
      expect(ran).toHaveLength(51);
    });

    // T-b3tr
    it('a full queue refuses the latest job of the account that fills it, not the next one to arrive', async () => {
      const { add, free } = await busy(5);
      add('eve', { account: 'eve', address: 'a' }, 20);
      add('bob', { account: 'bob', address: 'a' });
      add('carol', { account: 'carol', address: 'c' });
      const { ran, refused } = await free();
      expect(ran.toSorted()).toEqual(['bob', 'carol', 'eve', 'eve', 'eve']);
      expect(refused).toEqual(Array.from({ length: 17 }, () => 'eve'));
    });

    it('a refused job uses no turn, so refusals do not delay later jobs', async () => {
      const { add, free } = await busy(2);
      add('eve', { account: 'eve' }, 500);
      add('bob', { account: 'bob' }, 2);
      add('eve again', { account: 'eve' });
      const { ran } = await free();
      expect(ran.toSorted()).toEqual(['bob', 'eve']);
    });

    // T-fh85
    it('other accounts are served during an endless flood', async () => {
      const queue = new HashQueue(1, 20);
      let stop = false;
      let flooded = 0;
      const flood = Array.from({ length: 40 }, async () => {
        // the flood ends at last, so that a queue that serves nobody else fails instead of hanging
        while (!stop && flooded < 50_000) {
          await queue.run(settle, { account: 'eve', address: 'a' }).catch(settle);
          flooded++;
        }
      });
      const served = [];
      for (let n = 0; n < 20; n++)
        served.push(
          await queue
            .run(() => Promise.resolve('served'), { account: `user${String(n % 3)}`, address: 'a' })
            .catch(() => 'refused'),
        );
      stop = true;
      await Promise.all(flood);
      expect(served).toEqual(served.map(() => 'served'));
      expect(flooded).toBeLessThan(50_000);
      expect(flooded).toBeGreaterThan(20);
    });
  });
});
