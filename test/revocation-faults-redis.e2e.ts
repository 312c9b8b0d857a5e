import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { EVERYWHERE, startFaultCluster, type FaultCluster } from './faults/fault-cluster.js';
import { redisCommand } from './faults/redis-command.js';
import {
  FAULT_TIMEOUT_MS,
  endure,
  expectServed,
  recovered,
  until,
  type Trial,
} from './faults/trial.js';
import { privateRedis } from './support/private-servers.js';
import { type ProxyMode, tcpProxy } from './support/proxy.js';

jest.setTimeout(FAULT_TIMEOUT_MS);

/** A process, on a machine that is busy. */
const STARTED_WITHIN_MS = 60_000;
/** Longer than `maxStaleness` and what another process has written lately. */
const OUTLASTS_MS = 3_000;
/** Those who revoke need up to three seconds more for a new connection, and a resource server waits ten. */
const LATER_MS = 500;

let cluster: FaultCluster;
beforeAll(async () => {
  cluster = await startFaultCluster();
}, FAULT_TIMEOUT_MS);
afterAll(() => cluster?.close());

const redis = (name: string, ...words: string[]) => redisCommand(cluster.redis.url, name, ...words);
const forRevokers = (mode: ProxyMode) =>
  (['a', 'b'] as const).forEach((which) => cluster.toRedis[which].setMode(mode));
const headIsThere = async () =>
  (await redis('HEXISTS', `{tokenward:2:${await cluster.ledger()}}:index`, '#head')) === 1;

/**
 * Two revocations while the fault lasts, one by each process; with Postgres in reach both are durable, and valid tokens
 * work all the time.
 */
async function revokeMeanwhile({ watch, fresh, pastTheBound, valid }: Trial): Promise<void> {
  const [one, other] = [await fresh(), await fresh()];
  const from = performance.now();
  expect(await watch.revoke('a', one)).toBe(204);
  expect(await watch.revoke('b', other)).toBe(204);
  await pastTheBound();
  for (const where of ['a', 'b'] as const) await expectServed(watch, where, valid, from);
}

describe('Redis loses its data, and revoked tokens stay revoked:', () => {
  // T-5n7z
  it('emptied (FLUSHALL)', async () => {
    await endure(cluster, {
      async during(trial) {
        await redis('FLUSHALL');
        await revokeMeanwhile(trial);
        expect(await redis('EXISTS', `session:revoked:${trial.old.sessionId}`)).toBe(1);
      },
    });
  });

  it('emptied before a resource server starts that remembers nothing', async () => {
    const forward = () => forRevokers('forward');
    await endure(cluster, {
      async during({ old, valid }) {
        // whoever could fill it again does not reach it
        forRevokers('hang');
        await redis('FLUSHALL');
        const late = await cluster.startVerifier('ignorant');
        const ask = (text: string) =>
          late
            .client()
            .get('/orders', { headers: { authorization: `Bearer ${text}` } })
            .then(
              ({ status }) => status,
              () => 0,
            );
        await until(async () => (await ask(valid.text)) === 503, STARTED_WITHIN_MS);
        for (const from = performance.now(); performance.now() - from < 1_500; await delay(50))
          for (const { text } of [old, valid]) expect(await ask(text)).toBe(503);
        forward();
        await until(async () => {
          expect([503, 401]).toContain(await ask(old.text));
          return (await ask(valid.text)) === 200;
        });
        expect(await ask(old.text)).toBe(401);
      },
      heal: forward,
    });
  });

  it.each(['allkeys-lru', 'allkeys-random'])('evicting keys (%s)', async (policy) => {
    await endure(cluster, {
      async during(trial) {
        await redis('CONFIG', 'SET', 'maxmemory-policy', policy);
        const used = Number(/used_memory:(\d+)/.exec(String(await redis('INFO', 'memory')))?.[1]);
        await redis('CONFIG', 'SET', 'maxmemory', String(used + 300_000));
        const fill = `for i = 1, 200 do redis.call('SET', 'junk:' .. ARGV[1] .. i, string.rep('x', 4000)) end`;
        let evicted = false;
        const until = performance.now() + 4_000;
        for (let n = 0; !evicted && performance.now() < until; n++) {
          await redis('EVAL', fill, '0', `${String(n)}:`).catch(() => undefined);
          evicted = !(await headIsThere());
        }
        // lru spares what is used all the time; then it is the copies that go
        expect(
          evicted || (await redis('EXISTS', `session:revoked:${trial.old.sessionId}`)) === 0,
        ).toBe(true);
        await revokeMeanwhile(trial);
      },
      async heal() {
        await redis('CONFIG', 'SET', 'maxmemory', '0');
        await redis('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
      },
    });
  });

  // T-z6z2
  it('restarted from an old dump', async () => {
    await endure(cluster, {
      async during(trial) {
        await redis('SAVE');
        const newer = await trial.fresh();
        expect(await trial.watch.revoke('a', newer)).toBe(204);
        await trial.pastTheBound();
        await cluster.redis.kill('SIGKILL');
        await cluster.redis.start();
        expect(await redis('EXISTS', `session:revoked:${trial.old.sessionId}`)).toBe(1);
        await revokeMeanwhile(trial);
      },
      heal: () => rmSync(join(cluster.redis.dir, 'dump.rdb')),
    });
  });

  // T-bgvr
  it('failed over to a replica that lacks the newest entries', async () => {
    const toPrimary = await tcpProxy(cluster.redis.url);
    const replica = await privateRedis({
      args: ['--replicaof', '127.0.0.1', String(toPrimary.port)],
    });
    const serveFrom = (url: string) =>
      EVERYWHERE.forEach((where) => cluster.toRedis[where].retarget(url));
    await endure(cluster, {
      async during(trial) {
        const has = () =>
          redisCommand(replica.url, 'EXISTS', `session:revoked:${trial.old.sessionId}`);
        await until(async () => (await has()) === 1);
        toPrimary.setMode('hang');
        const newer = await trial.fresh();
        expect(await trial.watch.revoke('a', newer)).toBe(204);
        await trial.pastTheBound();
        await cluster.redis.kill('SIGKILL');
        await redisCommand(replica.url, 'REPLICAOF', 'NO', 'ONE');
        const lost = await redisCommand(
          replica.url,
          'EXISTS',
          `session:revoked:${newer.sessionId}`,
        );
        expect(lost).toBe(0);
        serveFrom(replica.url);
        await revokeMeanwhile(trial);
        await recovered(cluster);
      },
      async heal() {
        await cluster.redis.start();
        serveFrom(cluster.redis.url);
      },
    }).finally(() => Promise.all([replica.stop(), toPrimary.close()]));
  });

  it('restarted empty', async () => {
    await endure(cluster, {
      async during(trial) {
        await cluster.redis.kill('SIGKILL');
        await cluster.redis.start();
        await revokeMeanwhile(trial);
      },
    });
  });
});

describe('Redis cannot be reached, and Postgres carries the revocations:', () => {
  it('hung (SIGSTOP)', async () => {
    await endure(cluster, {
      async during(trial) {
        await cluster.redis.kill('SIGSTOP');
        await revokeMeanwhile(trial);
        // the resource server has nobody else to ask
        expect(trial.watch.seen('verifier', trial.valid).statuses).toContain(503);
      },
      heal: () => cluster.redis.kill('SIGCONT'),
    });
  });

  // T-g7rv
  it('hung, and there again for a resource server before it is for those who revoke', async () => {
    await endure(cluster, {
      async during({ watch, fresh, pastTheBound }) {
        const token = await fresh();
        forRevokers('hang');
        await cluster.redis.kill('SIGSTOP');
        expect(await watch.revoke('a', token)).toBe(204);
        await pastTheBound();
        await cluster.redis.kill('SIGCONT');
        await delay(LATER_MS);
      },
      async heal() {
        await cluster.redis.kill('SIGCONT');
        forRevokers('forward');
      },
    });
  });

  it('slow, each answer later than its deadline', async () => {
    const slow = (ms: number) => EVERYWHERE.forEach((where) => cluster.toRedis[where].setDelay(ms));
    await endure(cluster, {
      async during(trial) {
        slow(200);
        await revokeMeanwhile(trial);
      },
      heal: () => slow(0),
    });
  });

  it.each([
    ['full', 'maxmemory', '1', '0'],
    ['fewer replicas than it must have', 'min-replicas-to-write', '1', '0'],
  ])('refusing to write, although it answers (%s)', async (_, setting, refuses, allows) => {
    await endure(cluster, {
      async during(trial) {
        await redis('CONFIG', 'SET', setting, refuses);
        await revokeMeanwhile(trial);
        expect(trial.watch.seen('verifier', trial.valid).statuses).toContain(503);
      },
      heal: async () => void (await redis('CONFIG', 'SET', setting, allows)),
    });
  });

  // T-r0dr
  it('refusing to write, to a resource server that may only read: it accepts nothing, but goes on without PostgreSQL', async () => {
    const rights = '+@read +@scripting +@connection +info +time'.split(' ');
    await redis('ACL', 'SETUSER', 'reader', 'on', '>pw', '~*', ...rights);
    const reader = await cluster.startVerifier('ready', undefined, 'reader:pw@');
    const ask = async ({ text }: { text: string }) =>
      (await reader.client().get('/orders', { headers: { authorization: `Bearer ${text}` } }))
        .status;
    const [valid, gone] = [await cluster.signIn(), await cluster.signIn()];
    // a busy machine may answer 503 first
    const accepts = () => until(async () => (await ask(valid)) === 200);
    try {
      await accepts();
      expect(await ask(gone)).toBe(200);
      cluster.setPostgres('hang');
      await delay(OUTLASTS_MS);
      await accepts();
      cluster.setPostgres('forward');
      await redis('CONFIG', 'SET', 'maxmemory', '1');
      await until(async () => (await cluster.revoke('a', gone)) === 204);
      await delay(OUTLASTS_MS);
      expect([await ask(valid), await ask(gone)]).toEqual([503, 503]);
    } finally {
      cluster.setPostgres('forward');
      await redis('CONFIG', 'SET', 'maxmemory', '0');
    }
    await accepts();
    expect(await ask(gone)).toBe(401);
  });

  it.each([
    ['the publisher only', 'cut', 'a'],
    ['the publisher only', 'hang', 'a'],
    ['one reader only', 'cut', 'b'],
    ['one reader only', 'hang', 'b'],
    ['a resource server only', 'hang', 'verifier'],
  ] as const)('unreachable for %s (%s)', async (_, mode, where) => {
    await endure(cluster, {
      async during(trial) {
        cluster.toRedis[where].setMode(mode);
        await revokeMeanwhile(trial);
        const status = where === 'verifier' ? 503 : 200;
        await until(async () => (await cluster.ask('verifier', trial.valid)) === status);
      },
      heal: () => cluster.toRedis[where].setMode('forward'),
    });
  });
});
