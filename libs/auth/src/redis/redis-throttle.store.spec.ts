import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Cluster, Redis } from 'ioredis';
import { SystemClock } from '../common/clock.js';
import { attempt, WINDOW_MS } from '../testing/conformance/samples.js';
import { clusterArgs, privateRedis } from '../../../../test/support/private-servers.js';
import { given } from '../../../../test/support/run-environment.js';
import { until } from '../../../../test/support/until.js';
import { RedisThrottleStore } from './redis-throttle.store.js';

const allowed = { kind: 'allowed' };
const clients: (Redis | Cluster)[] = [];
const connect = (url: string, keyPrefix = ''): Redis => {
  const client = new Redis(url, { keyPrefix, retryStrategy: () => 20 });
  client.on('error', () => undefined);
  clients.push(client);
  return client;
};
const ready = async (client: Redis | Cluster): Promise<void> => {
  if (client.status !== 'ready') await once(client, 'ready');
};
const storeOver = (client: Redis | Cluster, pauseMs = 0): RedisThrottleStore =>
  new RedisThrottleStore(client, new SystemClock(), { pauseMs });
const countAllowed = (decisions: readonly { readonly kind: string }[]): number =>
  decisions.filter((each) => each.kind === 'allowed').length;

beforeAll(() => {
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});
afterAll(() => {
  jest.restoreAllMocks();
});

describe('RedisThrottleStore', () => {
  const two = async (
    keyPrefix = '',
  ): Promise<readonly [RedisThrottleStore, RedisThrottleStore, Redis]> => {
    const [first, second] = [
      connect(given('TEST_REDIS_URL'), keyPrefix),
      connect(given('TEST_REDIS_URL'), keyPrefix),
    ];
    await Promise.all([ready(first), ready(second)]);
    return [storeOver(first), storeOver(second), first];
  };

  it.each(['', 'app:'])(
    'allows exactly the limit of parallel guesses on two processes (prefix %j)',
    async (prefix) => {
      const [first, second] = await two(prefix);
      const key = randomUUID();
      const decisions = await Promise.all(
        Array.from({ length: 50 }, (_, i) => (i % 2 ? first : second).take(attempt({ [key]: 10 }))),
      );
      expect(countAllowed(decisions)).toBe(10);
    },
  );

  it('does not count a refused attempt in any of its buckets', async () => {
    const [first, second] = await two();
    const [full, other] = [randomUUID(), randomUUID()];
    await first.take(attempt({ [full]: 1 }));
    for (const store of [first, second, second])
      await expect(store.take(attempt({ [other]: 1, [full]: 1 }))).resolves.toMatchObject({
        kind: 'refused',
      });
    await expect(second.take(attempt({ [other]: 1 }))).resolves.toEqual(allowed);
  });

  it('gives back what an attempt took, once, on every process', async () => {
    const [first, second] = await two();
    const key = randomUUID();
    const mine = attempt({ [key]: 2 });
    await first.take(mine);
    await first.take(attempt({ [key]: 2 }));
    await expect(second.take(attempt({ [key]: 2 }))).resolves.toMatchObject({ kind: 'refused' });
    await first.giveBack(mine);
    await first.giveBack(mine);
    await expect(second.take(attempt({ [key]: 2 }))).resolves.toEqual(allowed);
    await expect(second.take(attempt({ [key]: 2 }))).resolves.toMatchObject({ kind: 'refused' });
  });

  it('says how long to wait, and leaves no keys behind after the window', async () => {
    const [first, second, client] = await two();
    const key = randomUUID();
    await first.take(attempt({ [key]: 1 }));
    const decision = await second.take(attempt({ [key]: 1 }));
    const seconds = decision.kind === 'refused' ? decision.retryAfterSeconds : 0;
    expect(seconds).toBeGreaterThan(55);
    expect(seconds).toBeLessThanOrEqual(60);
    const ttlMs = await client.pttl(`{tokenward:throttle}:${key}`);
    expect(ttlMs).toBeGreaterThan(WINDOW_MS - 5_000);
    expect(ttlMs).toBeLessThanOrEqual(WINDOW_MS);

    // a test cannot move the clock of Redis, so this window is over at once
    const short = randomUUID();
    await first.take(attempt({ [short]: 1 }, 30));
    await until(async () => (await client.exists(`{tokenward:throttle}:${short}`)) === 0);
    await expect(second.take(attempt({ [short]: 1 }, 30))).resolves.toEqual(allowed);
  });

  // T-3xsd
  it('counts alone while Redis is killed, and shares again when it is back', async () => {
    const server = await privateRedis();
    try {
      const [mine, theirs] = [1, 2].map(() => connect(server.url));
      if (!mine || !theirs) throw new Error('unreachable');
      await Promise.all([ready(mine), ready(theirs)]);
      const [first, second] = [storeOver(mine), storeOver(theirs)];
      const key = randomUUID();
      const guess = (store: RedisThrottleStore) => store.take(attempt({ [key]: 10 }));
      for (let i = 0; i < 4; i++) await expect(guess(first)).resolves.toEqual(allowed);

      await server.kill('SIGKILL');
      const startedAt = performance.now();
      const during = await Promise.all(Array.from({ length: 30 }, () => guess(first)));
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      // four were counted before the outage, which does not start a new ten
      expect(countAllowed(during)).toBe(6);
      // the documented bound: a process that has seen no attempt allows its own ten, and no more
      expect(countAllowed(await Promise.all(Array.from({ length: 30 }, () => guess(second))))).toBe(
        10,
      );

      await server.start();
      await Promise.all([ready(mine), ready(theirs)]);
      // Redis came back empty, and still nobody gets ten more attempts
      await expect(guess(first)).resolves.toMatchObject({ kind: 'refused' });
      await expect(guess(second)).resolves.toMatchObject({ kind: 'refused' });
      const fresh = randomUUID();
      await expect(first.take(attempt({ [fresh]: 1 }))).resolves.toEqual(allowed);
      await expect(second.take(attempt({ [fresh]: 1 }))).resolves.toMatchObject({
        kind: 'refused',
      });
    } finally {
      await server.stop();
    }
  });

  it('does not wait for a Redis that hangs, stops asking it for a while, and warns once', async () => {
    const server = await privateRedis();
    try {
      const client = connect(server.url);
      await ready(client);
      const store = storeOver(client, 60_000);
      const warn = jest.mocked(Logger.prototype.warn);
      warn.mockClear();
      await server.kill('SIGSTOP');
      const startedAt = performance.now();
      const key = randomUUID();
      const mine = attempt({ [key]: 3 });
      await expect(store.take(mine)).resolves.toEqual(allowed);
      const firstMs = performance.now() - startedAt;
      expect(firstMs).toBeGreaterThan(100);
      expect(firstMs).toBeLessThan(10_000);
      for (let i = 0; i < 20; i++) await store.take(attempt({ [key]: 3 }));
      await store.giveBack(mine);
      // none of the twenty waited for its deadline
      expect(performance.now() - startedAt - firstMs).toBeLessThan(2_000);
      expect(warn).toHaveBeenCalledTimes(1);
      expect(JSON.stringify(warn.mock.calls)).not.toContain(key);

      // the late take was counted after all, and the give-back after it removed it again
      await server.kill('SIGCONT');
      await expect(client.zcard(`{tokenward:throttle}:${key}`)).resolves.toBe(0);
    } finally {
      await server.kill('SIGCONT');
      await server.stop();
    }
  });

  it('connects a lazy client at the first attempt', async () => {
    const client = new Redis(given('TEST_REDIS_URL'), { lazyConnect: true });
    clients.push(client);
    const key = randomUUID();
    await expect(storeOver(client).take(attempt({ [key]: 1 }))).resolves.toEqual(allowed);
    await expect(client.zcard(`{tokenward:throttle}:${key}`)).resolves.toBe(1);
  });

  it('counts all buckets of an attempt in one step on Redis Cluster', async () => {
    const server = await privateRedis({
      args: [...(await clusterArgs()), '--cluster-announce-ip', '127.0.0.1'],
    });
    try {
      const admin = connect(server.url);
      await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
      const isWhole = async () =>
        String(await admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok');
      await until(isWhole);
      const cluster = new Cluster([{ host: '127.0.0.1', port: server.port }], {
        keyPrefix: 'app:',
      });
      clients.push(cluster);
      await ready(cluster);
      const store = storeOver(cluster);
      const keys = Array.from({ length: 3 }, () => randomUUID());
      const limits = Object.fromEntries(keys.map((key) => [key, 10]));
      const mine = attempt(limits);
      await expect(store.take(mine)).resolves.toEqual(allowed);
      const count = (key: string) => cluster.zcard(`{tokenward:throttle}:${key}`);
      await expect(Promise.all(keys.map(count))).resolves.toEqual([1, 1, 1]);
      await store.giveBack(mine);
      await expect(Promise.all(keys.map(count))).resolves.toEqual([0, 0, 0]);
    } finally {
      // before its server stops, because a cluster client that looks for nodes survives disconnect()
      for (const client of clients.splice(0)) client.disconnect();
      await server.stop();
    }
  });
});
