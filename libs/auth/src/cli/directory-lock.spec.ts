import { existsSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { exclusivelyIn } from './directory-lock.js';

const LONG_AGO = new Date(0);

describe('the lock of a key directory', () => {
  let dir: string;
  let lock: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'lock-'));
    lock = join(dir, '.tokenward-lock');
  });
  afterEach(() => {
    jest.useRealTimers();
    rmSync(dir, { recursive: true });
  });

  it('is renewed while a large key is made, so that nobody takes it for abandoned', async () => {
    jest.useFakeTimers({ doNotFake: ['Date'] });
    await exclusivelyIn(dir, async () => {
      utimesSync(lock, LONG_AGO, LONG_AGO);
      await jest.advanceTimersByTimeAsync(15_000);
      expect(statSync(lock).mtimeMs).toBeGreaterThan(0);
      const second = exclusivelyIn(dir, () => Promise.resolve('both at once'));
      await expect(second).rejects.toThrow('another tokenward command is changing');
    });
    expect(existsSync(lock)).toBe(false);
  });

  it('is left to another command that has taken it over', async () => {
    await exclusivelyIn(dir, () => {
      writeFileSync(lock, 'another');
      return Promise.resolve();
    });
    expect(existsSync(lock)).toBe(true);
  });

  it('is taken over by one of two commands that find it abandoned', async () => {
    writeFileSync(lock, 'killed');
    utimesSync(lock, LONG_AGO, LONG_AGO);
    let atOnce = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce -= 1;
    };
    const outcomes = await Promise.allSettled([exclusivelyIn(dir, work), exclusivelyIn(dir, work)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(most).toBe(1);
  });
});
