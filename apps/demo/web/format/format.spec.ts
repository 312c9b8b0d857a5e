import { describe, expect, it } from '@jest/globals';
import { describeDevice } from './device.js';
import { countdown, relativeTime } from './time.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const after = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString();

describe('relativeTime', () => {
  it.each([
    [-4, 'just now'],
    [20, 'in less than a minute'],
    [-119, '1 minute ago'],
    [-3 * 3_600, '3 hours ago'],
    [-12 * 86_400 - 80_000, '12 days ago'],
    [90 * 86_400 - 3, 'in 90 days'],
    [-200 * 86_400, '6 months ago'],
    [-800 * 86_400, '2 years ago'],
  ])('%i seconds: %s', (seconds, words) => {
    expect(relativeTime(after(seconds), NOW)).toBe(words);
  });
});

it('counts down in minutes and seconds, never below zero', () => {
  expect([countdown(900_000), countdown(61_000), countdown(-5)]).toEqual(['15:00', '1:01', '0:00']);
});

describe('describeDevice', () => {
  it.each([
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
      'Chrome on Linux',
      'computer',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
      'Edge on Windows',
      'computer',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1',
      'Safari on iPhone',
      'phone',
    ],
    [
      'Mozilla/5.0 (Android 16; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0',
      'Firefox on Android',
      'phone',
    ],
    ['curl/8.9.1', 'curl', 'program'],
    [null, 'Unknown device', 'program'],
  ])('%s', (userAgent, name, kind) => {
    expect(describeDevice(userAgent)).toEqual({ name, kind });
  });
});
