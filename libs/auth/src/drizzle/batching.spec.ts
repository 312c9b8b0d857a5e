import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Batching } from './batching.js';

interface Sending {
  readonly items: readonly number[];
  readonly answer: () => Promise<void>;
  readonly fail: (error: Error) => Promise<void>;
}

/** Two turns, because the batch itself waits for the end of one. */
async function turns(): Promise<void> {
  await turn();
  await turn();
}

function manual(limits: Partial<ConstructorParameters<typeof Batching>[0]> = {}) {
  const sendings: Sending[] = [];
  const batching = new Batching<number, string>(
    { size: 64, patienceMs: 60_000, ...limits },
    (items) => {
      return new Promise((resolve, reject) => {
        sendings.push({
          items,
          answer: async () => {
            resolve(items.map(String));
            await turns();
          },
          fail: async (error) => {
            reject(error);
            await turns();
          },
        });
      });
    },
  );
  return { batching, sendings, sent: () => sendings.map(({ items }) => items) };
}

describe('Batching', () => {
  it('sends at once when idle, and sends what arrives meanwhile together', async () => {
    const { batching, sendings, sent } = manual();
    const results = [1, 2, 3].map((item) => batching.add(item).result);
    expect(sent()).toEqual([[1]]);
    await sendings[0]?.answer();
    expect(sent()).toEqual([[1], [2, 3]]);
    await sendings[1]?.answer();
    expect(await Promise.all(results)).toEqual(['1', '2', '3']);
    void batching.add(4);
    expect(sent()).toEqual([[1], [2, 3], [4]]);
  });

  it('sends at most its size at once', async () => {
    const { batching, sendings, sent } = manual({ size: 2 });
    for (const item of [1, 2, 3, 4]) void batching.add(item);
    await sendings[0]?.answer();
    await sendings[1]?.answer();
    expect(sent()).toEqual([[1], [2, 3], [4]]);
  });

  it('a failure affects its own batch alone', async () => {
    const { batching, sendings } = manual();
    const first = batching.add(1).result;
    const second = batching.add(2).result;
    const refused = expect(first).rejects.toThrow('lost');
    await sendings[0]?.fail(new Error('lost'));
    await refused;
    await sendings[1]?.answer();
    expect(await second).toBe('2');
  });

  it('what was cancelled before it was sent is never sent', async () => {
    const { batching, sendings, sent } = manual();
    void batching.add(1);
    const second = batching.add(2);
    void batching.add(3);
    second.withdraw();
    await sendings[0]?.answer();
    expect(sent()).toEqual([[1], [3]]);
  });

  it('a batch that hangs does not block the next one for ever', async () => {
    const { batching, sendings } = manual({ patienceMs: 1 });
    void batching.add(1);
    const second = batching.add(2).result;
    while (sendings.length < 2) await turn();
    await sendings[1]?.answer();
    expect(await second).toBe('2');
  });
});
