import { describe, expect, it } from '@jest/globals';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { OpeningSession } from '../../options/session-hooks.js';
import { SessionLimiter } from './session-limits.service.js';

const MINUTE = 60_000;
const opening = (rememberMe: boolean): OpeningSession => ({
  userId: 'u',
  permissions: [],
  transport: 'cookie',
  rememberMe,
  amr: ['pwd'],
});
function limiter(limits?: (given: OpeningSession) => unknown): SessionLimiter {
  const options = {
    refreshToken: { ttlMs: 30 * MINUTE, rememberMeTtlMs: 60 * MINUTE, absoluteTtlMs: 90 * MINUTE },
    accessToken: { ttlSeconds: 600 },
    sessions: { maxPerUser: 5, limits },
    storeDeadlineMs: 1_000,
  };
  return new SessionLimiter(options as unknown as ResolvedAuthOptions);
}

describe('the limits of a session', () => {
  it.each([
    [false, 30 * MINUTE],
    [true, 60 * MINUTE],
  ])('are those of the options (remember me: %s)', async (rememberMe, idleTtlMs) => {
    expect(await limiter().limitsOf(opening(rememberMe))).toEqual({
      maxPerUser: 5,
      idleTtlMs,
      absoluteTtlMs: 90 * MINUTE,
    });
  });

  it('are those of the host’s function, for who signs in', async () => {
    const asked: OpeningSession[] = [];
    const own = limiter((given) => {
      asked.push(given);
      return { maxPerUser: 1, idleTtl: '5m', absoluteTtl: '10m', accessTtl: '1m' };
    });
    expect(await own.limitsOf(opening(true))).toEqual({
      maxPerUser: 1,
      idleTtlMs: 5 * MINUTE,
      absoluteTtlMs: 10 * MINUTE,
      limits: { idleTtlMs: 5 * MINUTE, accessTtlSeconds: 60 },
    });
    expect(asked).toEqual([opening(true)]);
  });

  it('are those of the options where the function names none', async () => {
    expect(await limiter(() => ({})).limitsOf(opening(false))).toEqual({
      maxPerUser: 5,
      idleTtlMs: 30 * MINUTE,
      absoluteTtlMs: 90 * MINUTE,
      limits: { idleTtlMs: undefined, accessTtlSeconds: undefined },
    });
  });

  it('may be as long as the options, not longer', async () => {
    const longest = { idleTtl: '60m', absoluteTtl: '90m', accessTtl: '10m' };
    await expect(limiter(() => longest).limitsOf(opening(false))).resolves.toBeDefined();
  });

  it.each([
    ['accessTtl', '601s', 'accessToken.ttl'],
    ['idleTtl', '3601s', 'refreshToken.ttl and rememberMeTtl'],
    ['absoluteTtl', '5401s', 'refreshToken.absoluteTtl'],
  ])('%s longer than the options is a mistake', async (name, ttl, option) => {
    await expect(limiter(() => ({ [name]: ttl })).limitsOf(opening(true))).rejects.toMatchObject({
      reason: 'configuration_invalid',
      detail: `sessions.limits.${name}: is longer than ${option}: set that to the longest, and answer shorter ones here`,
    });
  });

  it.each<[unknown, RegExp]>([
    [{ idle: '5m' }, /^sessions\.limits\.idle: is not an option; did you mean .*idleTtl/],
    ['5m', /^sessions\.limits: must be an object of options$/],
  ])('that are not limits name the option: %j', async (answer, detail) => {
    await expect(limiter(() => answer).limitsOf(opening(true))).rejects.toMatchObject({
      reason: 'configuration_invalid',
      detail: expect.stringMatching(detail),
    });
  });

  it('are unavailable where the function fails', async () => {
    const failing = limiter(() => Promise.reject(new Error('away')));
    await expect(failing.limitsOf(opening(true))).rejects.toMatchObject({
      reason: 'unavailable',
      detail: 'sessions.limits failed, or did not answer in time',
    });
  });
});
