// What views cost when nobody asks anything: commands a second with 1, 8 and 64 views, idle and with 100 revocations a second. `npm run bench:growth`
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Redis } from 'ioredis';
import pg from 'pg';
import { dist, startServers } from './support/servers.mjs';

const { RevocationView, SystemClock, SystemEntropy } = await import(dist('libs/auth/src/index.js'));
const { drizzleStorage, migrateAuth } = await import(dist('libs/auth/src/drizzle/index.js'));
const { redisConnection } = await import(dist('libs/auth/src/redis/index.js'));

const SECONDS = Number(process.argv[2] ?? 10);
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

try {
  for (const views of [1, 8, 64])
    for (const revocations of [0, 100]) {
      const cluster = await Promise.all(Array.from({ length: views }, startView));
      await delay(2000);
      const before = await counters();
      const until = performance.now() + SECONDS * 1000;
      let written = 0;
      while (performance.now() < until) {
        if (revocations > 0) {
          await cluster[written % views].storage.ledger.append([
            { kind: 'session', sessionId: randomUUID(), expiresAt: Date.now() + 4_200_000 },
          ]);
          written++;
        }
        await delay(
          revocations > 0
            ? Math.max(0, (written * 1000) / revocations - (performance.now() - until + SECONDS * 1000))
            : 100,
        );
      }
      const after = await counters();
      const rate = (name) => ((after[name] - before[name]) / SECONDS).toFixed(1);
      console.log(
        `views=${views} revocations/s=${(written / SECONDS).toFixed(0)} postgres transactions/s=${rate('transactions')} redis commands/s=${rate('commands')} (xread ${rate('xread')}, append ${rate('append')})`,
      );
      await Promise.all(cluster.map(({ stop }) => stop()));
    }
} finally {
  redis.disconnect();
  await admin.end();
  await servers.stop();
}

async function startView() {
  const pool = new pg.Pool({ connectionString: servers.databaseUrl, max: 2 });
  const storage = drizzleStorage(drizzle(pool));
  const client = new Redis(servers.redisUrl);
  const connection = redisConnection(client);
  const view = new RevocationView(
    options,
    new SystemClock(),
    new SystemEntropy(),
    storage.ledger,
    connection.feed,
  );
  await view.ready();
  return {
    storage,
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
    append: calls('eval') + calls('evalsha'),
  };
}
