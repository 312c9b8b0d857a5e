import { describe, expect, it } from '@jest/globals';
import { RecentValues } from './recent-values.js';

describe('RecentValues', () => {
  const values = new RecentValues<number, string>(10);
  const held = (): number[] =>
    Array.from({ length: 100 }, (_, key) => key).filter((key) => values.get(key));

  it('holds the newest values: at most the limit, and at least half of it', () => {
    for (let key = 0; key < 100; key++) {
      values.set(key, `value ${key}`);
      const newest = Array.from({ length: Math.min(key + 1, 5) }, (_, at) => key - at);
      expect(newest.every((each) => values.get(each) === `value ${each}`)).toBe(true);
      expect(held().length).toBeLessThanOrEqual(10);
    }
  });

  it('returns the value that was set last, and no deleted value', () => {
    values.set(97, 'again');
    expect(values.get(97)).toBe('again');
    values.delete(97);
    expect(values.get(97)).toBeUndefined();
  });
});
