import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { sharedRefresh } from './server-refresh.js';

const MOST = 3;

describe('the refresh tokens that a page server remembers', () => {
  let status: number;
  let keys: (string | null)[];
  let refresh: (token: string) => Promise<string | null>;
  beforeEach(() => {
    jest.useFakeTimers();
    [status, keys] = [200, []];
    const send: typeof fetch = (_, init) => {
      keys.push(new Headers(init?.headers).get('idempotency-key'));
      return Promise.resolve(new Response(null, { status }));
    };
    const shared = sharedRefresh('http://api/auth/refresh', send, 60_000, MOST);
    refresh = async (token) => {
      await shared(token, new Headers());
      return keys.at(-1) ?? null;
    };
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  // T-v6hj
  it.each([
    [200, 1],
    [401, 2],
    [429, 2],
  ])('are not those that were refused: %i is asked for %i times', async (answer, times) => {
    status = answer;
    await refresh('token');
    await refresh('token');
    expect(keys).toHaveLength(times);
  });

  // T-v6hk
  it('are as many as fit while the API is away: the first keep their keys', async () => {
    status = 503;
    const first = await refresh('0');
    for (let n = 1; n < MOST; n++) await refresh(String(n));
    const late = await refresh('late');
    expect(await refresh('0')).toBe(first);
    expect(await refresh('late')).not.toBe(late);
  });

  it('are not longer than one of ours', async () => {
    status = 503;
    const long = 'x'.repeat(1_025);
    expect(await refresh(long)).not.toBe(await refresh(long));
    expect(await refresh('x'.repeat(1_024))).toBe(await refresh('x'.repeat(1_024)));
  });
});
