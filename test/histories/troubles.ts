import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultCluster } from '../faults/fault-cluster.js';
import { redisCommand } from '../faults/redis-command.js';
import type { Trouble } from './history.js';

type Make = (cluster: FaultCluster, forMs: number) => Promise<unknown>;

/** One fault at a time, because the contract's only exception to the bound (section 6) needs two. */
const TROUBLES: Readonly<Record<string, Make>> = {
  'b hears and reaches nobody': async ({ toRedis, toPostgres }, forMs) => {
    for (const proxy of [toRedis.b, toPostgres.b]) proxy.setMode('hang');
    await delay(forMs);
    for (const proxy of [toRedis.b, toPostgres.b]) proxy.setMode('forward');
  },
  'Redis hangs for the resource server': (cluster, forMs) =>
    hung([cluster.toRedis.verifier], forMs),
  'Redis hangs for a': (cluster, forMs) => hung([cluster.toRedis.a], forMs),
  'Postgres hangs for a': (cluster, forMs) => hung([cluster.toPostgres.a], forMs),
  'connections to Postgres are cut': async ({ toPostgres }) => {
    toPostgres.a.cutOnce();
    toPostgres.b.cutOnce();
  },
  'connections to Redis are cut': async ({ toRedis }) => {
    for (const proxy of Object.values(toRedis)) proxy.cutOnce();
  },
  'Redis is emptied': ({ redis }) => redisCommand(redis.url, 'FLUSHALL'),
  'the resource server starts anew': (cluster) => cluster.restartVerifier(),
  // no process can prove its view, and a new process has none: with `refuse` it answers 503
  'Redis evicts the feed, Postgres hangs, the resource server starts anew': async (
    cluster,
    forMs,
  ) => {
    const keys = ['feed', 'index', 'expiry'];
    const ledger = await cluster.ledger();
    cluster.setPostgres('hang');
    await redisCommand(
      cluster.redis.url,
      'DEL',
      ...keys.map((key) => `{tokenward:2:${ledger}}:${key}`),
    );
    await cluster.restartVerifier();
    await delay(forMs);
    cluster.setPostgres('forward');
  },
  'the resource server is paused': async (cluster, forMs) => {
    process.kill(cluster.pid('verifier'), 'SIGSTOP');
    await delay(forMs);
    process.kill(cluster.pid('verifier'), 'SIGCONT');
  },
  'Redis stands still': async ({ redis }, forMs) => {
    await redis.kill('SIGSTOP');
    await delay(forMs);
    await redis.kill('SIGCONT');
  },
  'b is paused': async (cluster, forMs) => {
    await cluster.demo('b').kill('SIGSTOP');
    await delay(forMs);
    await cluster.demo('b').kill('SIGCONT');
  },
  'a is killed': async (cluster) => {
    await cluster.demo('a').kill('SIGKILL');
    // it does not start while Postgres on a busy machine misses its deadline
    while (!(await cluster.restart('a').then(() => true, isNoAnswer))) await delay(500);
  },
  'Postgres is killed': async ({ postgres }) => {
    await postgres.kill('SIGKILL');
    await postgres.start();
  },
};

/** Any other failed start is a fault of the cluster. */
function isNoAnswer(error: unknown): false {
  if (
    error instanceof Error &&
    /no answer within|cannot be reached|a query of the demo failed: the/.test(error.message)
  )
    return false;
  throw error;
}

async function hung(
  proxies: readonly { setMode(mode: 'hang' | 'forward'): void }[],
  forMs: number,
): Promise<void> {
  for (const proxy of proxies) proxy.setMode('hang');
  await delay(forMs);
  for (const proxy of proxies) proxy.setMode('forward');
}

/** Runs the faults in turn, repeatedly, with a pause between two. */
export async function makeTrouble(
  cluster: FaultCluster,
  note: (trouble: Trouble) => void,
  isDone: () => boolean,
): Promise<void> {
  while (!isDone())
    for (const [name, make] of Object.entries(TROUBLES)) {
      await delay(500 + randomInt(1_000));
      if (isDone()) return;
      const fromMs = performance.now();
      await make(cluster, 2_500 + randomInt(1_500));
      note({ kind: 'trouble', name, fromMs, toMs: performance.now() });
    }
}
