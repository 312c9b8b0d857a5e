import { beforeEach, describe, expect, it } from '@jest/globals';
import { Clock } from '../../common/clock.js';
import { SystemEntropy } from '../../common/entropy.js';
import { Secret } from '../../common/secret.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { type Admission, LoginThrottle } from './login-throttle.service.js';
import { MemoryThrottleStore } from '../../storage/memory-throttle.store.js';
import { ThrottleKeys } from './throttle-keys.js';
import { type ThrottleAttempt, ThrottleStore } from '../../storage/throttle-store.port.js';

class StillClock extends Clock {
  at = 0;
  now(): number {
    return this.at;
  }
  monotonic(): number {
    return this.at;
  }
}

const WINDOW_MS = 15 * 60_000;
const limits = { accountAndAddress: 10, account: 100, address: 100, windowMs: WINDOW_MS };
const keys = new ThrottleKeys(() => new Secret(Buffer.alloc(32, 7)));
const throttleOver = (
  store: ThrottleStore,
  throttle: ResolvedAuthOptions['throttle'] = limits,
): LoginThrottle =>
  new LoginThrottle({ throttle } as ResolvedAuthOptions, store, keys, new SystemEntropy());

const clock = new StillClock();
let throttle: LoginThrottle;
beforeEach(() => {
  throttle = throttleOver(new MemoryThrottleStore(clock));
});

const guess = ({ account = 'ada@example.com', ip = '192.0.2.1' } = {}) =>
  throttle.admit(account, ip);
const HOME = '198.51.100.9';
const refused = { reason: 'throttled' };

async function fail(times: number, attempt: (index: number) => Promise<Admission>): Promise<void> {
  for (let i = 0; i < times; i++) await attempt(i);
}

describe('LoginThrottle', () => {
  it('allows 10 failures for an account from one address, then says when to come back', async () => {
    await fail(10, () => guess());
    await expect(guess()).rejects.toMatchObject({
      ...refused,
      extra: { retryAfterSeconds: 900 },
    });
    await expect(guess({ ip: '192.0.2.2' })).resolves.toBeDefined();
    await expect(guess({ account: 'bob@example.com' })).resolves.toBeDefined();
  });

  it('allows exactly 10 of 50 parallel guesses', async () => {
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => guess()));
    expect(results.filter((each) => each.status === 'fulfilled')).toHaveLength(10);
  });

  // T-pw4m
  it('allows 100 failures for an account from anywhere', async () => {
    await fail(100, (i) => guess({ ip: `192.0.2.${String(i)}` }));
    await expect(guess({ ip: '203.0.113.1' })).rejects.toMatchObject(refused);
  });

  it('allows 100 failures from an address for all accounts together, registrations included', async () => {
    await fail(60, (i) => guess({ account: `user${String(i)}` }));
    for (let i = 0; i < 40; i++) await throttle.admitAddress('192.0.2.1');
    await expect(guess({ account: 'other' })).rejects.toMatchObject(refused);
    await expect(throttle.admitAddress('::ffff:192.0.2.1')).rejects.toMatchObject(refused);
    await expect(throttle.admitAddress('192.0.2.2')).resolves.toBeUndefined();
  });

  it('counts a /64 as one address', async () => {
    await fail(10, (i) => guess({ ip: `2001:db8:0:1::${String(i)}` }));
    await expect(guess({ ip: '2001:db8:0:1:ffff::1' })).rejects.toMatchObject(refused);
    await expect(guess({ ip: '2001:db8:0:2::1' })).resolves.toBeDefined();
  });

  it('applies the limits to a request without an address', async () => {
    const fromNowhere = () => throttle.admit('ada@example.com', undefined);
    await fail(10, fromNowhere);
    await expect(fromNowhere()).rejects.toMatchObject(refused);
  });

  it('does not lock out a known device, either by its account or by the address it shares', async () => {
    await fail(100, (i) => guess({ ip: `192.0.2.${String(i)}` }));
    await fail(100, (i) => guess({ account: `user${String(i)}`, ip: HOME }));
    await expect(throttle.admitDevice('d1')).resolves.toBeDefined();
    await expect(throttle.admitKnownDevice('d1', 'ada')).resolves.toBeDefined();
  });

  // T-kssq
  it('allows each known device 10 failures, and all devices of an account 100 together', async () => {
    await fail(10, () => throttle.admitDevice('d1'));
    await expect(throttle.admitDevice('d1')).rejects.toMatchObject(refused);
    await expect(throttle.admitDevice('d2')).resolves.toBeDefined();
    await fail(100, (i) => throttle.admitKnownDevice(`d${String(i)}`, 'ada'));
    await expect(throttle.admitKnownDevice('d', 'ada')).rejects.toMatchObject(refused);
    await expect(throttle.admitKnownDevice('d', 'bob')).resolves.toBeDefined();
    await expect(guess({ ip: HOME })).resolves.toBeDefined();
  });

  it('counts an attempt at an alias under the account too, and only once against the address', async () => {
    await fail(10, () => throttle.admitAccount('ada@example.com', '192.0.2.1'));
    await expect(guess()).rejects.toMatchObject(refused);
    await fail(90, (i) => guess({ account: `user${String(i)}` }));
    await expect(guess({ account: 'other' })).resolves.toBeDefined();
  });

  it('does not count successes', async () => {
    for (let i = 0; i < 200; i++) await (await guess()).giveBack();
    await fail(9, () => guess());
    await (await guess()).giveBack();
    await expect(guess()).resolves.toBeDefined();
    await expect(guess()).rejects.toMatchObject(refused);
  });

  it('forgets after the window', async () => {
    await fail(10, () => guess());
    clock.at += WINDOW_MS - 1;
    await expect(guess()).rejects.toMatchObject(refused);
    clock.at += 1;
    await expect(guess()).resolves.toBeDefined();
  });

  it('can be turned off', async () => {
    throttle = throttleOver(new MemoryThrottleStore(clock), false);
    await fail(300, () => guess());
    await throttle.admitAddress('192.0.2.1');
  });

  it('does not pass the store an email, address or device, or a guessable hash of them', async () => {
    const attempts: ThrottleAttempt[] = [];
    class Recording extends ThrottleStore {
      override take(attempt: ThrottleAttempt) {
        attempts.push(attempt);
        return Promise.resolve({ kind: 'allowed' as const });
      }
      override giveBack(): Promise<void> {
        return Promise.reject(new Error('away'));
      }
    }
    const recorded = throttleOver(new Recording());
    await recorded.admit('ada@example.com', '192.0.2.1');
    await (await recorded.admitDevice('d1')).giveBack();
    await recorded.admitKnownDevice('d1', 'ada');
    await recorded.admitApiKey('ada');
    const written = attempts.flatMap((each) => each.buckets.map((bucket) => bucket.key));
    expect(new Set(written).size).toBe(7);
    for (const key of written) expect(key).toMatch(/^[\w-]{22}$/);
    const elsewhere = new ThrottleKeys(() => new Secret(Buffer.alloc(32, 8)));
    expect(written).not.toContain(elsewhere.of('account', 'ada@example.com'));
    expect(written).toContain(keys.of('account', 'ada@example.com'));
  });

  // T-th9k
  it.each([{}, { kind: true }, { kind: 'ok' }])(
    'a store that answers %j admits nobody',
    async (odd) => {
      const store = { take: () => Promise.resolve(odd) } as unknown as ThrottleStore;
      await expect(throttleOver(store).admitAddress('192.0.2.1')).rejects.toMatchObject({
        reason: 'unavailable',
      });
    },
  );

  it('distinguishes names that are equal when they are concatenated', () => {
    expect(keys.of('account+address', 'a', 'bc')).not.toBe(keys.of('account+address', 'ab', 'c'));
    expect(keys.of('account', 'a')).not.toBe(keys.of('address', 'a'));
  });
});
