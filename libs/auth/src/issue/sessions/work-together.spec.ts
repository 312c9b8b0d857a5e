import { describe, expect, it, jest } from '@jest/globals';
import { together, type Work } from './work-together.js';

describe('work in the transaction of a change', () => {
  const forgotten = {
    reason: 'configuration_invalid',
    detail:
      'storage.sessions: made a change without the `work` that was given for its transaction; run it there, and wait for it',
  };

  // T-wk7g
  it.each<[string, (work: Work | undefined) => Promise<string>]>([
    ['forgets it', () => Promise.resolve('made')],
    [
      'does not wait for it',
      (work) => {
        void work?.({});
        return Promise.resolve('made');
      },
    ],
  ])('a store that %s gets no success', async (_, change) => {
    const slow: Work = () => new Promise((resolve) => setImmediate(resolve));
    await expect(together(slow, change)).rejects.toMatchObject(forgotten);
  });

  it('a store of one-time tokens that forgets it is named', async () => {
    const change = () => Promise.resolve(true);
    const asked = together(() => Promise.resolve(), change, Boolean, 'storage.oneTimeTokens');
    await expect(asked).rejects.toMatchObject({
      detail: expect.stringMatching(/^storage\.oneTimeTokens: made a change without/),
    });
  });

  it('runs once, and the outcome is that of the store', async () => {
    const work = jest.fn<Work>().mockResolvedValue(undefined);
    const change = async (given: Work | undefined) => {
      await given?.({});
      return 'made';
    };
    expect(await together(work, change)).toBe('made');
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('is nothing to the store where none was given', async () => {
    expect(await together(undefined, (given) => Promise.resolve(typeof given))).toBe('undefined');
  });

  it('need not run where nothing was changed', async () => {
    const isMade = (outcome: string) => outcome === 'made';
    const superseded = () => Promise.resolve('superseded');
    expect(await together(() => Promise.resolve(), superseded, isMade)).toBe('superseded');
  });

  it('what it throws is what the caller gets', async () => {
    const change = async (given: Work | undefined) => {
      await given?.({});
      return 'made';
    };
    const failing: Work = () => Promise.reject(new Error('spent'));
    await expect(together(failing, change)).rejects.toThrow('spent');
  });
});
