import { describe, expect, it } from '@jest/globals';
import { HashQueue } from './hash-queue.js';

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('HashQueue', () => {
  it('runs no more at once than allowed, first come first served, and refuses what finds the queue full', async () => {
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

  it('goes on after a job that failed', async () => {
    const queue = new HashQueue(1, 1);
    const failed = queue.run(() => Promise.reject(new Error('broken')));
    const next = queue.run(() => Promise.resolve('done'));
    await expect(failed).rejects.toThrow('broken');
    await expect(next).resolves.toBe('done');
    expect(queue.running).toBe(0);
  });
});
