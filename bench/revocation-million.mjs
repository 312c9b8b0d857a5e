// One million live revocations: memory of the view, time to a first snapshot, and what a check costs then. `npm run bench:million`
// Run with --expose-gc.
import { randomUUID } from 'node:crypto';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { dist, startServers } from './support/servers.mjs';
import { median } from './support/statistics.mjs';

const { RevocationChecker, RevocationView, SystemClock, SystemEntropy } = await import(
  dist('libs/auth/src/index.js')
);
const { drizzleStorage, migrateAuth } = await import(dist('libs/auth/src/drizzle/index.js'));

const ENTRIES = Number(process.argv[2] ?? 1_000_000);
const options = {
  revocation: {
    mode: 'mirror',
    maxStalenessMs: 10_000,
    unproven: 'redis',
    deadlineMs: 250,
    maxEntries: 2_000_000,
  },
};
const servers = await startServers();
const pool = new pg.Pool({ connectionString: servers.databaseUrl, max: 4 });
await migrateAuth(drizzle(pool));
const clock = new SystemClock();

try {
  const empty = await measure('empty view');
  await pool.query(
    `insert into auth_revocations (kind, subject, expires_at)
     select case when i % 4 = 0 then 'token' else 'session' end, gen_random_uuid()::text, now() + interval '70 minutes' from generate_series(1, $1::int) i`,
    [ENTRIES],
  );
  const full = await measure(`${ENTRIES} entries`);
  console.log(
    `memory of the view: ${((full.bytes - empty.bytes) / 1e6).toFixed(1)} MB; check, full against empty: ${(full.rate / empty.rate).toFixed(2)}`,
  );
} finally {
  await pool.end();
  await servers.stop();
}

async function measure(name) {
  const { ledger } = drizzleStorage(drizzle(pool));
  const view = new RevocationView(options, clock, new SystemEntropy(), ledger);
  const checker = new RevocationChecker(options, clock, view, ledger);
  globalThis.gc?.();
  const before = memory();
  const startedAt = performance.now();
  await view.ready();
  const readyMs = performance.now() - startedAt;
  globalThis.gc?.();
  const bytes = memory() - before;
  const tokens = Array.from({ length: 1000 }, () => ({
    tokenId: randomUUID(),
    sessionId: randomUUID(),
    subject: randomUUID(),
    tokenVersion: 1,
    keyId: 'k',
    issuedAt: Math.floor(Date.now() / 1000),
  }));
  const rates = [];
  for (let round = 0; round < 20; round++) {
    const from = performance.now();
    for (let i = 0; i < 200_000; i++)
      if (checker.check(tokens[i % 1000]) !== 'live') throw new Error('not live');
    rates.push(200_000 / (performance.now() - from));
  }
  const rate = median(rates);
  console.log(
    `${name}: ready in ${readyMs.toFixed(0)} ms, ${(bytes / 1e6).toFixed(1)} MB, ${(rate / 1000).toFixed(2)} million checks a second, ${JSON.stringify(view.state())}`,
  );
  await view.onApplicationShutdown();
  return { bytes, rate };
}

function memory() {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
