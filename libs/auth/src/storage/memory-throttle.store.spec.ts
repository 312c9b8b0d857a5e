import { describe, expect, it } from '@jest/globals';
import { Clock } from '../common/clock.js';
import { MemoryThrottleStore } from './memory-throttle.store.js';
import type { ThrottleAttempt } from './throttle-store.port.js';

class StillClock extends Clock {
  at = 1_000_000;
  now(): number {
    return this.at;
  }
  monotonic(): number {
    return this.at;
  }
}

let serial = 0;
const attempt = (limits: Readonly<Record<string, number>>, windowMs = 60_000): ThrottleAttempt => ({
  id: String(serial++),
  buckets: Object.entries(limits).map(([key, limit]) => ({ key, limit })),
  windowMs,
});

describe('MemoryThrottleStore', () => {
  it('allows exactly the limit of parallel guesses', async () => {
    const store = new MemoryThrottleStore(new StillClock());
    const decisions = await Promise.all(
      Array.from({ length: 50 }, () => store.take(attempt({ a: 10 }))),
    );
    expect(decisions.filter((each) => each.kind === 'allowed')).toHaveLength(10);
  });

  it('says how long to wait, and slides: an attempt leaves when its own window is over', async () => {
    const clock = new StillClock();
    const store = new MemoryThrottleStore(clock);
    await store.take(attempt({ a: 2 }));
    clock.at += 40_000;
    await store.take(attempt({ a: 2 }));
    await expect(store.take(attempt({ a: 2 }))).resolves.toEqual({
      kind: 'refused',
      retryAfterSeconds: 20,
    });
    clock.at += 19_999;
    await expect(store.take(attempt({ a: 2 }))).resolves.toEqual({
      kind: 'refused',
      retryAfterSeconds: 1,
    });
    clock.at += 1;
    await expect(store.take(attempt({ a: 2 }))).resolves.toEqual({ kind: 'allowed' });
    await expect(store.take(attempt({ a: 2 }))).resolves.toMatchObject({ kind: 'refused' });
  });

  it('does not count a refused attempt in any of its buckets', async () => {
    const store = new MemoryThrottleStore(new StillClock());
    await store.take(attempt({ full: 1 }));
    for (let i = 0; i < 5; i++) await store.take(attempt({ other: 1, full: 1 }));
    await expect(store.take(attempt({ other: 1 }))).resolves.toEqual({ kind: 'allowed' });
  });

  it('gives back what an attempt took, once, and nothing of other attempts', async () => {
    const store = new MemoryThrottleStore(new StillClock());
    const mine = attempt({ a: 2, b: 2 });
    await store.take(mine);
    await store.take(attempt({ a: 2, b: 2 }));
    await store.giveBack(mine);
    await store.giveBack(mine);
    await expect(store.take(attempt({ a: 2 }))).resolves.toEqual({ kind: 'allowed' });
    await expect(store.take(attempt({ a: 2 }))).resolves.toMatchObject({ kind: 'refused' });
  });

  it('stays within its bound, and spraying does not displace a full bucket', async () => {
    const store = new MemoryThrottleStore(new StillClock(), 100);
    for (let i = 0; i < 10; i++) await store.take(attempt({ victim: 10 }));
    for (let i = 0; i < 1_000; i++) await store.take(attempt({ [`spray${String(i)}`]: 10 }));
    expect(store.size).toBe(100);
    await expect(store.take(attempt({ victim: 10 }))).resolves.toMatchObject({ kind: 'refused' });
  });

  it('forgets buckets with expired attempts before it forgets a live one', async () => {
    const clock = new StillClock();
    const store = new MemoryThrottleStore(clock, 2);
    await store.take(attempt({ old: 1 }, 1_000));
    await store.take(attempt({ live: 1 }));
    clock.at += 1_000;
    await store.take(attempt({ fresh: 1 }));
    expect(store.size).toBe(2);
    await expect(store.take(attempt({ live: 1 }))).resolves.toMatchObject({ kind: 'refused' });
  });
});
