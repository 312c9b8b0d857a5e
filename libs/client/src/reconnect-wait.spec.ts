import { afterEach, expect, it, jest } from '@jest/globals';
import { reconnectWait } from './reconnect-wait.js';

afterEach(() => {
  jest.useRealTimers();
});

it('the wait begins again after a connection that lasted', () => {
  jest.useFakeTimers();
  const wait = reconnectWait();
  wait.reset(2_000);
  const after = (lastedMs: number) => {
    wait.opened();
    jest.advanceTimersByTime(lastedMs);
    return wait.next();
  };
  for (let lost = 0; lost < 10; lost++) expect(after(31_000)).toBeLessThanOrEqual(2_000);
  for (let lost = 0; lost < 10; lost++) after(5_000);
  expect(after(5_000)).toBeGreaterThanOrEqual(15_000);
});

it.each([
  ['half a second', undefined, [500, 1_000, 2_000]],
  ['what the server wishes', 4_000, [4_000, 8_000, 16_000]],
  ['nothing, but only once', 0, [0, 500, 1_000]],
  ['at most half a minute', 90_000, [30_000, 30_000, 30_000]],
])('the wait begins with %s, and grows', (_, firstMs, longest) => {
  const wait = reconnectWait();
  wait.next();
  wait.reset(firstMs);
  for (const ms of longest) {
    const next = wait.next();
    expect(next).toBeGreaterThanOrEqual(ms / 2);
    expect(next).toBeLessThanOrEqual(ms);
  }
});
