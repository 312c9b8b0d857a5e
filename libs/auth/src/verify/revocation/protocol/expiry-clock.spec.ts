import { beforeEach, describe, expect, it } from '@jest/globals';
import { Clock } from '../../../common/clock.js';
import { ExpiryClock } from './expiry-clock.js';

class TwoClocks extends Clock {
  wall = 1_800_000_000_000;
  mono = 5_000;
  now = () => this.wall;
  monotonic = () => this.mono;
}

describe('the clock by which entries expire', () => {
  let both: TwoClocks;
  let clock: ExpiryClock;
  let start: number;
  beforeEach(() => {
    both = new TwoClocks();
    start = both.wall;
    clock = new ExpiryClock(both);
  });

  it.each([
    ['both clocks run', 60_000, 60_000, 60_000],
    ['the wall clock jumps ahead', 3_600_000, 1_000, 1_000],
    ['the wall clock is set back', -3_600_000, 1_000, -3_600_000],
    ['the machine sleeps', 60_000, 0, 0],
  ])('is never faster than either when %s', (_, wallMs, monoMs, passedMs) => {
    both.wall += wallMs;
    both.mono += monoMs;
    expect(clock.now()).toBe(start + passedMs);
  });

  // T-x5nd
  it.each([
    ['ahead of the database by an hour', -3_600_000, -3_600_000],
    ['behind the database', 3_600_000, 0],
    ['as the database', 0, 0],
  ])('is never ahead of the database, which wrote the expiries: %s', (_, offsetMs, expectedMs) => {
    clock.databaseSaid(start + offsetMs, start);
    expect(clock.now()).toBe(start + expectedMs);
    both.wall += 60_000;
    both.mono += 60_000;
    expect(clock.now()).toBe(start + expectedMs + 60_000);
  });

  it.each([
    [-120_000, false],
    [-120_001, true],
  ])('says once that the wall clock was set back: by %i ms %s', (ms, turned) => {
    both.wall += ms;
    expect(clock.turnedBack()).toBe(turned);
    expect(clock.turnedBack()).toBe(false);
  });

  it('goes on from the time that was set back', () => {
    both.wall -= 200_000;
    both.mono += 10_000;
    expect(clock.turnedBack()).toBe(true);
    both.wall += 60_000;
    both.mono += 30_000;
    expect(clock.now()).toBe(start - 200_000 + 30_000);
    expect(clock.turnedBack()).toBe(false);
  });
});
