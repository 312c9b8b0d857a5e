import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import type { Deployment, Where } from './faults/fault-cluster.js';
import { startHosts } from './faults/host-deployment.js';
import { redisCommand } from './faults/redis-command.js';
import { startRedisCluster, startSentinel, type FailOver } from './faults/redis-topologies.js';
import { FAULT_TIMEOUT_MS, endure, until } from './faults/trial.js';
import { hostDatabase, type HostDatabase } from './support/host-app.js';
import { privateRedis, type PrivateServer } from './support/private-servers.js';

jest.setTimeout(FAULT_TIMEOUT_MS);

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function deployed(
  connect: (which: Where) => Redis | Cluster,
  database: HostDatabase,
): Promise<Deployment> {
  const hosts = await startHosts(connect, { database });
  undo.push(() => hosts.close());
  return hosts;
}

/** Where the revocations of a new database will lie in Redis. */
async function prepared() {
  const database = await hostDatabase();
  undo.push(() => database.drop());
  return { database, index: `{tokenward:2:${await database.storage().ledger.identity()}}:index` };
}

async function isPrimary({ url }: PrivateServer): Promise<boolean> {
  return /role:master/.test(String(await redisCommand(url, 'INFO', 'replication')));
}

/** The primary dies, and what takes over was stopped before the newest revocations and knows nothing of them. */
async function failOver(
  deployment: Deployment,
  { primary, replica }: FailOver,
  index: string,
): Promise<void> {
  await endure(deployment, {
    async during({ watch, fresh, old, pastTheBound }) {
      const holds = (sessionId: string) =>
        redisCommand(replica.url, 'HEXISTS', index, `s:${sessionId}`);
      await until(async () => (await replicaHolds(replica, index, old.sessionId)) === true);
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
      await until(() => isPrimary(replica));
      // the new primary is given what it lacks
      for (const { sessionId } of [newest, meanwhile])
        await until(async () => (await holds(sessionId)) === 1);
    },
  });
}

/** A replica answers reads only to those who say that they know (Cluster). */
async function replicaHolds(
  { url }: PrivateServer,
  index: string,
  sessionId: string,
): Promise<boolean> {
  const client = new Redis(url, { readOnly: true });
  try {
    return (await client.hexists(index, `s:${sessionId}`)) === 1;
  } finally {
    client.disconnect();
  }
}

const everywhere: readonly Where[] = ['a', 'b', 'verifier'];

describe("with a host's own client:", () => {
  // T-zjdp
  it('Redis Cluster, three masters: revocations travel, and survive the fail-over to a replica that lags', async () => {
    const { database, index } = await prepared();
    const servers = await startRedisCluster(index);
    undo.push(() => servers.stop());
    // a host that reads from replicas must not make Tokenward do so
    const nodes = servers.ports.map((port) => ({ host: '127.0.0.1', port }));
    const deployment = await deployed(() => new Cluster(nodes, { scaleReads: 'slave' }), database);
    const token = await deployment.signIn();
    for (const where of everywhere)
      await until(async () => (await deployment.ask(where, token)) === 200);
    expect(await deployment.revoke('b', token)).toBe(204);
    const cluster = new Cluster(nodes);
    undo.push(async () => cluster.disconnect());
    await until(async () => (await cluster.exists(`session:revoked:${token.sessionId}`)) === 1);
    await failOver(deployment, servers, index);
  });

  // T-gnj8
  it('Sentinel: revocations travel, and survive the fail-over to a replica that lags', async () => {
    const { database, index } = await prepared();
    const servers = await startSentinel('tokenward');
    undo.push(() => servers.stop());
    const deployment = await deployed(
      () => new Redis({ sentinels: [servers.sentinel], name: 'tokenward' }),
      database,
    );
    await failOver(deployment, servers, index);
  });

  // T-mtjc
  it('connected to a replica, whatever role it reports: nothing counts as a proof', async () => {
    // says so; may not be asked (-@dangerous); says nothing at all: at the same time, since they wait more than they
    // work
    await Promise.all(['', 'allowed', '-hello'].map(provesNothing));
  });

  async function provesNothing(rights: string): Promise<void> {
    const { database, index } = await prepared();
    const primary = await privateRedis();
    const replica = await privateRedis({
      args: ['--replicaof', '127.0.0.1', String(primary.port)],
    });
    undo.push(() => Promise.all([primary.stop(), replica.stop()]));
    // the hosts write to the primary, the resource server was pointed at the replica
    const user = [
      'SETUSER',
      'svc',
      'on',
      '>pw',
      '~*',
      '&*',
      '+@all',
      '-@dangerous',
      rights || '+@all',
    ];
    await redisCommand(replica.url, 'ACL', ...(rights === 'allowed' ? user.slice(0, -1) : user));
    const there = replica.url.replace('//', '//svc:pw@');
    const deployment = await deployed(
      (which) => new Redis(which === 'verifier' ? there : primary.url),
      database,
    );
    const token = await deployment.signIn();
    await until(async () => (await redisCommand(replica.url, 'EXISTS', index)) === 1);
    for (const from = performance.now(); performance.now() - from < 1_500; await delay(50))
      expect({ rights, status: await deployment.ask('verifier', token) }).toEqual({
        rights,
        status: 503,
      });
    expect(await deployment.ask('a', token)).toBe(200);
  }
});
