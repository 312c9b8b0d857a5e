import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AlertFloods } from './alert-floods.js';
import type { AuthAlert } from './auth-alert.js';

const MINUTE = 60_000;
const reused = (userId: string, sessionId = 's'): AuthAlert => ({
  type: 'refresh.reused',
  at: '2026-01-01T00:00:00.000Z',
  userId,
  sessionId,
  sessionsEnded: 1,
});
const burst = (ip: string): AuthAlert => ({
  type: 'failures.burst',
  at: '2026-01-01T00:00:00.000Z',
  failures: 20,
  ip,
});

describe('alerts about one account or address', () => {
  let told: AuthAlert[];
  let floods: AlertFloods;
  beforeEach(() => {
    jest.useFakeTimers();
    told = [];
    floods = new AlertFloods((alert) => void told.push(alert));
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('are sent at once, then once a minute: the latest with the count', () => {
    for (let n = 0; n < 500; n++) floods.raise(reused('eve', String(n)));
    expect(told).toEqual([reused('eve', '0')]);
    jest.advanceTimersByTime(MINUTE);
    expect(told.slice(1)).toEqual([{ ...reused('eve', '499'), count: 499 }]);
    floods.raise(reused('eve', 'again'));
    jest.advanceTimersByTime(MINUTE);
    expect(told.slice(2)).toEqual([{ ...reused('eve', 'again'), count: 1 }]);
    jest.advanceTimersByTime(5 * MINUTE);
    floods.raise(reused('eve', 'later'));
    expect(told.slice(3)).toEqual([reused('eve', 'later')]);
  });

  it('do not delay alerts about another account, address or key, or of another kind', () => {
    const key = (keyId: string): AuthAlert => ({ type: 'key.revoked', at: '', keyId });
    const all = [
      reused('eve'),
      reused('bob'),
      burst('192.0.2.1'),
      burst('192.0.2.2'),
      key('a'),
      key('b'),
    ];
    for (const alert of all) floods.raise(alert);
    expect(told).toEqual(all);
  });

  it('of more than 10,000 addresses at once are merged into one per kind', () => {
    for (let n = 0; n < 12_000; n++)
      floods.raise(burst(`10.0.${String(n >> 8)}.${String(n & 255)}`));
    floods.raise(reused('eve'));
    expect(told).toHaveLength(10_002);
    jest.advanceTimersByTime(MINUTE);
    expect(told.at(-1)).toMatchObject({ type: 'failures.burst', count: 1_999 });
  });

  it('that are held back are sent when the process stops', () => {
    for (let n = 0; n < 3; n++) floods.raise(reused('eve', String(n)));
    floods.flush();
    expect(told.slice(1)).toEqual([{ ...reused('eve', '2'), count: 2 }]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
