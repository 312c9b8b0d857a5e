import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import type { Deployment, Where } from './faults/fault-cluster.js';
import { startHosts } from './faults/host-deployment.js';
import { redisCommand } from './faults/redis-command.js';
import { startRedisCluster, startSentinel, type FailOver } from './faults/redis-topologies.js';
import { FAULT_TIMEOUT_MS, endure, until } from './faults/trial.js';
import { privateRedis, type PrivateServer } from './support/private-servers.js';

jest.setTimeout(FAULT_TIMEOUT_MS);

const INDEX = '{tokenward:1}:index';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function deployed(connect: () => Redis | Cluster): Promise<Deployment> {
  const hosts = await startHosts(connect);
  undo.push(() => hosts.close());
  return hosts;
}

async function isPrimary({ url }: PrivateServer): Promise<boolean> {
  return /role:master/.test(String(await redisCommand(url, 'INFO', 'replication')));
}

/** The primary dies, and what takes over was stopped before the newest revocations and knows nothing of them. */
async function failOver(deployment: Deployment, { primary, replica }: FailOver): Promise<void> {
  await endure(deployment, {
    async during({ watch, fresh, old, pastTheBound }) {
      const holds = (sessionId: string) => redisCommand(replica.url, 'HEXISTS', INDEX, `s:${sessionId}`);
      await until(async () => (await replicaHolds(replica, old.sessionId)) === true);
      await replica.kill('SIGSTOP');
      const newest = await fresh();
      expect(await watch.revoke('a', newest)).toBe(204);
      await delay(300);
      await primary.kill('SIGKILL');
      await replica.kill('SIGCONT');
      const meanwhile = await fresh();
      expect(await watch.revoke('b', meanwhile)).toBe(204);
      await pastTheBound();
      for (const where of ['a', 'b'] as const) {
        // a busy machine may say 503 first; never 200, which the watch holds
        await until(async () => (await deployment.ask(where, newest)) === 401);
        await until(async () => (await deployment.ask(where, meanwhile)) === 401);
      }
      for (const from = performance.now(); !(await isPrimary(replica)); await delay(50))
        expect(performance.now() - from).toBeLessThan(15_000);
      // the new primary is given what it lacks
      for (const { sessionId } of [newest, meanwhile])
        await until(async () => (await holds(sessionId)) === 1);
    },
  });
}

/** A replica answers reads only to those who say that they know (Cluster). */
async function replicaHolds({ url }: PrivateServer, sessionId: string): Promise<boolean> {
  const client = new Redis(url, { readOnly: true });
  try {
    return (await client.hexists(INDEX, `s:${sessionId}`)) === 1;
  } finally {
    client.disconnect();
  }
}

const everywhere: readonly Where[] = ['a', 'b', 'verifier'];

describe("with a host's own client", () => {
  it('Redis Cluster, three masters: revocations travel, and survive the fail-over to a replica that lags', async () => {
    const servers = await startRedisCluster(INDEX);
    undo.push(() => servers.stop());
    // a host that reads from replicas must not make Tokenward do so
    const nodes = servers.ports.map((port) => ({ host: '127.0.0.1', port }));
    const deployment = await deployed(() => new Cluster(nodes, { scaleReads: 'slave' }));
    const token = await deployment.signIn();
    for (const where of everywhere) await until(async () => (await deployment.ask(where, token)) === 200);
    expect(await deployment.revoke('b', token)).toBe(204);
    const cluster = new Cluster(nodes);
    undo.push(async () => cluster.disconnect());
    await until(async () => (await cluster.exists(`session:revoked:${token.sessionId}`)) === 1);
    await failOver(deployment, servers);
  });

  it('Sentinel: revocations travel, and survive the fail-over to a replica that lags', async () => {
    const servers = await startSentinel('tokenward');
    undo.push(() => servers.stop());
    const deployment = await deployed(() => new Redis({ sentinels: [servers.sentinel], name: 'tokenward' }));
    await failOver(deployment, servers);
  });

  it('connected to a replica: nothing that it says is a proof', async () => {
    const primary = await privateRedis();
    const replica = await privateRedis({ args: ['--replicaof', '127.0.0.1', String(primary.port)] });
    undo.push(() => Promise.all([primary.stop(), replica.stop()]));
    // the hosts write to the primary, the resource server was pointed at the replica
    let made = 0;
    const deployment = await deployed(() => new Redis(++made < 3 ? primary.url : replica.url));
    const token = await deployment.signIn();
    await until(async () => (await redisCommand(replica.url, 'EXISTS', INDEX)) === 1);
    for (const from = performance.now(); performance.now() - from < 1_500; await delay(50))
      expect(await deployment.ask('verifier', token)).toBe(503);
    expect(await deployment.ask('a', token)).toBe(200);
  });
});
