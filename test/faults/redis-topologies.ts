import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusterArgs, privateRedis, type PrivateServer } from '../support/private-servers.js';
import { freePort } from '../support/redis-server.mjs';
import { given, noteProcess, scratchDir } from '../support/run-environment.js';
import { redisCommand } from './redis-command.js';
import { until } from './trial.js';

/** The server with Tokenward's keys, and the one that replaces it after a failure. */
export interface FailOver {
  readonly primary: PrivateServer;
  readonly replica: PrivateServer;
  stop(): Promise<void>;
}

const SLOTS = 16_384;
const NODE_TIMEOUT_MS = '800';

/** Three masters, and a replica of the master with the slot of `key`. */
export async function startRedisCluster(
  key: string,
): Promise<FailOver & { readonly ports: number[] }> {
  const start = async () =>
    privateRedis({
      args: [
        ...(await clusterArgs()),
        '--cluster-node-timeout',
        NODE_TIMEOUT_MS,
        '--cluster-replica-validity-factor',
        '0',
      ],
    });
  const first = await start();
  const masters: PrivateServer[] = [first, await start(), await start()];
  const replica = await start();
  const nodes = [...masters, replica];
  const each = Math.ceil(SLOTS / masters.length);
  await Promise.all(
    masters.map(({ url }, n) =>
      redisCommand(
        url,
        'CLUSTER',
        'ADDSLOTSRANGE',
        String(n * each),
        String(Math.min((n + 1) * each, SLOTS) - 1),
      ),
    ),
  );
  const meet = async ({ url, port }: PrivateServer) => {
    const bus =
      String(await redisCommand(url, 'CONFIG', 'GET', 'cluster-port')).split(',')[1] ?? '';
    await redisCommand(first.url, 'CLUSTER', 'MEET', '127.0.0.1', String(port), bus);
  };
  const isWhole = async (url: string) => {
    const info = String(await redisCommand(url, 'CLUSTER', 'INFO'));
    return /cluster_state:ok/.test(info) && /cluster_known_nodes:4/.test(info);
  };
  const met = () =>
    until(
      async () => (await Promise.all(nodes.map(({ url }) => isWhole(url)))).every(Boolean),
      4_000,
    );
  // a busy node drops a handshake that takes longer than its timeout
  for (let tries = 0; ; tries++) {
    await Promise.all(nodes.slice(1).map(meet));
    const outcome = await Promise.allSettled([met()]);
    if (outcome[0].status === 'fulfilled') break;
    if (tries > 5) throw new Error('the nodes of the cluster did not meet');
  }
  const slot = Number(await redisCommand(first.url, 'CLUSTER', 'KEYSLOT', key));
  const primary = masters[Math.floor(slot / each)] as PrivateServer;
  await redisCommand(
    replica.url,
    'CLUSTER',
    'REPLICATE',
    String(await redisCommand(primary.url, 'CLUSTER', 'MYID')),
  );
  await until(() => isReplica(replica));
  return {
    primary,
    replica,
    ports: masters.map(({ port }) => port),
    stop: async () => void (await Promise.all(nodes.map((node) => node.stop()))),
  };
}

/** A primary, its replica, and one Sentinel with a quorum of one. */
export async function startSentinel(
  name: string,
): Promise<FailOver & { readonly sentinel: { host: string; port: number } }> {
  const primary = await privateRedis();
  const replica = await privateRedis({ args: ['--replicaof', '127.0.0.1', String(primary.port)] });
  await until(() => isReplica(replica));
  const port = await freePort();
  const conf = join(scratchDir('sentinel'), 'sentinel.conf');
  writeFileSync(
    conf,
    `port ${port}\nbind 127.0.0.1\nsentinel monitor ${name} 127.0.0.1 ${primary.port} 1\n` +
      `sentinel down-after-milliseconds ${name} 600\nsentinel failover-timeout ${name} 3000\n`,
  );
  const child = spawn(given('TEST_REDIS_SERVER'), [conf, '--sentinel'], { stdio: 'ignore' });
  await once(child, 'spawn');
  noteProcess(child.pid as number);
  const url = `redis://127.0.0.1:${port}`;
  const knowsReplica = async () =>
    /slaves=1/.test(String(await redisCommand(url, 'INFO', 'sentinel').catch(() => '')));
  // Sentinel asks for replicas every ten seconds
  await until(knowsReplica);
  return {
    primary,
    replica,
    sentinel: { host: '127.0.0.1', port },
    async stop() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      await Promise.all([primary.stop(), replica.stop()]);
    },
  };
}

async function isReplica({ url }: PrivateServer): Promise<boolean> {
  return /role:slave[^]*master_link_status:up/.test(
    String(await redisCommand(url, 'INFO', 'replication')),
  );
}
