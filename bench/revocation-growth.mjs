// What views cost when nobody asks anything: commands a second with 1, 8 and 64 views, idle and with 100 revocations a
// second. node bench/revocation-growth.mjs [seconds = 10]
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Redis } from 'ioredis';
import pg from 'pg';
import { countOf } from '../tools/arguments.mjs';
import { report } from './support/revocation-report.mjs';
import { dist, startServers } from './support/servers.mjs';

const { SystemClock, SystemEntropy } = await import(dist('libs/auth/src/options/index.js'));
const { RevocationSync } = await import(dist('libs/auth/src/verify/index.js'));
const { drizzleStorage, migrateAuth } = await import(dist('libs/auth/src/drizzle/index.js'));
const { redisConnection } = await import(dist('libs/auth/src/redis/index.js'));

const SECONDS = countOf(10);
const options = {
  revocation: {
    mode: 'mirror',
    maxStalenessMs: 1000,
    unproven: 'redis',
    deadlineMs: 250,
    maxEntries: 2_000_000,
  },
};
const servers = await startServers();
const admin = new pg.Pool({ connectionString: servers.databaseUrl, max: 4 });
await migrateAuth(drizzle(admin));
const redis = new Redis(servers.redisUrl);
// at the end the server may be gone first
redis.on('error', () => undefined);
const rows = [];

try {
  for (const views of [1, 8, 64])
    for (const revocations of [0, 100]) {
      const cluster = await Promise.all(Array.from({ length: views }, startView));
      // an idle connection of Postgres reports what it did up to ten seconds later
      await delay(12_000);
      const before = await counters();
      const written = await revoke(cluster, revocations);
      const after = await counters();
      const rate = (name) => (after[name] - before[name]) / SECONDS;
      rows.push({
        views,
        'revocations/s': written / SECONDS,
        'Postgres transactions/s': rate('transactions'),
        'Redis commands/s': rate('commands'),
        'of these XREAD/s': rate('xread'),
        'scripts/s': rate('scripts'),
        'Redis CPU %': rate('cpu') * 100,
      });
      await Promise.all(cluster.map(({ stop }) => stop()));
    }
  report('What views cost the servers, nobody asking anything', rows);
} finally {
  redis.disconnect();
  await admin.end();
  await servers.stop();
}

/** For SECONDS, spread over the views; how many it were. */
async function revoke(cluster, perSecond) {
  const from = performance.now();
  let written = 0;
  for (let ms = 0; ms < SECONDS * 1000; ms = performance.now() - from) {
    const due = perSecond === 0 ? 0 : Math.floor((ms / 1000) * perSecond) - written;
    await Promise.all(
      Array.from({ length: due }, () => cluster[written++ % cluster.length].revoke()),
    );
    await delay(10);
  }
  return written;
}

async function startView() {
  const pool = new pg.Pool({ connectionString: servers.databaseUrl, max: 2 });
  const storage = drizzleStorage(drizzle(pool), { deadline: '10s' });
  const client = new Redis(servers.redisUrl);
  client.on('error', () => undefined);
  const connection = redisConnection(client);
  const view = new RevocationSync(
    options,
    new SystemClock(),
    new SystemEntropy(),
    storage.ledger,
    connection.feed,
  );
  await view.ready();
  return {
    // as AuthService does: durable, then own view and feed
    async revoke() {
      const entry = {
        kind: 'session',
        id: randomUUID(),
        value: 0,
        expiresAt: Date.now() + 4_200_000,
      };
      await storage.ledger.append([entry]);
      view.add([entry]);
      await connection.feed.publish(view.view.ledger, [entry]).catch(() => undefined);
    },
    stop: async () => {
      await view.onApplicationShutdown();
      await connection.close();
      client.disconnect();
      await pool.end();
    },
  };
}

async function counters() {
  const { rows } = await admin.query('select sum(xact_commit) as n from pg_stat_database');
  const stats = await redis.info('commandstats');
  const calls = (name) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  const info = await redis.info('stats');
  return {
    transactions: Number(rows[0].n),
    commands: Number(/total_commands_processed:(\d+)/.exec(info)?.[1]),
    xread: calls('xread'),
    scripts: calls('eval') + calls('evalsha'),
    cpu: Number(/used_cpu_user_main_thread:([\d.]+)/.exec(await redis.info('cpu'))?.[1]),
  };
}
