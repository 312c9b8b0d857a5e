import { describe, expect, it } from '@jest/globals';
import { marksWithin, placeOf } from './time-scale.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('placeOf', () => {
  it('puts the oldest at the start and now at the end', () => {
    expect([placeOf(12 * DAY_MS, 12 * DAY_MS), placeOf(0, 12 * DAY_MS)]).toEqual([0, 100]);
  });

  it('keeps times of a wrong clock within the line', () => {
    expect([placeOf(-HOUR_MS, DAY_MS), placeOf(2 * DAY_MS, DAY_MS)]).toEqual([100, 0]);
  });

  it('does not stretch a few seconds over the whole line', () => {
    expect(placeOf(5_000, 5_000)).toBeGreaterThan(90);
  });
});

it('adds labels that fit, without a mark at the very start', () => {
  expect(marksWithin(12 * DAY_MS).map(({ label }) => label)).toEqual(['1 h', '1 day', '1 week']);
  expect(marksWithin(DAY_MS).map(({ label }) => label)).toEqual(['1 h']);
  expect(marksWithin(60_000)).toEqual([]);
});
