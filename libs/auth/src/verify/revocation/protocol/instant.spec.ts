import { describe, expect, it } from '@jest/globals';
import type { Clock } from '../../../common/clock.js';
import { ageMs, instantOf, later } from './instant.js';

const clockAt = (wall: number, mono: number): Clock => ({ now: () => wall, monotonic: () => mono });

describe('an instant', () => {
  it.each([
    ['both clocks agree', 1_500, 700, 500],
    ['the machine slept', 9_000, 700, 8_000],
    ['the wall clock was set back', 0, 700, 500],
    ['both run backwards', 0, 100, 0],
  ])('is as old as the clock says that ran further: %s', (_, wall, mono, age) => {
    const since = instantOf(clockAt(1_000, 200));
    expect(since).toEqual({ wall: 1_000, mono: 200 });
    expect(ageMs(clockAt(wall, mono), since)).toBe(age);
  });

  it('is later by the clock that never jumps; of two at once the first counts', () => {
    const [early, late] = [instantOf(clockAt(9, 1)), instantOf(clockAt(1, 2))];
    const twin = instantOf(clockAt(5, 2));
    expect([later(early, late), later(late, early)]).toEqual([late, late]);
    expect([later(late, twin), later(twin, late)]).toEqual([late, twin]);
    expect([later(undefined, early), later(early, undefined)]).toEqual([early, early]);
    expect(later(undefined, undefined)).toBeUndefined();
  });
});
