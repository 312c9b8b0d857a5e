// `npm run soak`: an hour of 100,000 live sessions on two processes: refreshes, requests, logins, revocations and
// sockets at a steady pace.
//   --minutes N    how long; default 60
//   --pace N       N times as many requests a second; default 1: with 2, 30 minutes do the work of an hour
//   --sessions N   default 100000
//   --page         writes docs/assurance/soak.md
// DATABASE_URL, REDIS_URL: servers to use instead of its own (throw-away ones: tables are made and left).
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import pg from 'pg';
import { format, resolveConfig } from 'prettier';
import { argumentsOf, refuse } from '../tools/arguments.mjs';
import { processOf, rowsByTable } from './support/flood-watch.mjs';
import { machine } from './support/report.mjs';
import { startDemo, startServers } from './support/servers.mjs';
import { soakLoad } from './support/soak-load.mjs';
import { liveSessions, REFRESH_TOKEN_SECRET } from './support/soak-sessions.mjs';
import { summary } from './support/statistics.mjs';

const PAGE = fileURLToPath(new URL('../docs/assurance/soak.md', import.meta.url));
const KINDS = ['refresh', 'guarded', 'login', 'revocation', 'socket'];
const { values } = argumentsOf({
  minutes: { type: 'string', default: '60' },
  pace: { type: 'string', default: '1' },
  sessions: { type: 'string', default: '100000' },
  page: { type: 'boolean' },
});
const minutes = Number(values.minutes);
const pace = Number(values.pace);
const sessions = Number(values.sessions);
for (const [name, value, most] of [
  ['minutes', minutes, 600],
  ['pace', pace, 10],
  ['sessions', sessions, 1_000_000],
])
  if (!Number.isSafeInteger(value) || value < 1 || value > most)
    refuse(`--${name} takes a whole number from 1 to ${most}`);

const user = { email: 'somebody@example.com', password: 'soak-passphrase-1' };
const on = machine();
const undo = [];
const rows = [];
try {
  const servers = await startServers();
  undo.push(servers.stop);
  const env = {
    DATABASE_URL: servers.databaseUrl,
    REDIS_URL: servers.redisUrl,
    REFRESH_TOKEN_SECRET,
    JWT_ALGORITHM: 'ES256',
    JWT_PRIVATE_KEY: signingKey(),
    DEMO_USERS: `${user.email}:${user.password}:user`,
  };
  const demos = [await startDemo(env), await startDemo(env)];
  undo.push(...demos.map(({ stop }) => stop));
  const pool = new pg.Pool({ connectionString: servers.databaseUrl, max: 2 });
  const redis = new Redis(servers.redisUrl);
  undo.push(
    () => pool.end(),
    () => redis.disconnect(),
  );
  console.log(`· ${sessions} sessions`);
  const refreshTokens = await liveSessions(pool, sessions, user.email);
  const load = soakLoad({ urls: demos.map(({ url }) => url), refreshTokens, user, pace });
  undo.push(() => load.stop());
  for (let minute = 1; minute <= minutes; minute++) {
    await delay(60_000);
    rows.push({ minute, ...load.take(), ...(await seen(demos, pool, redis)) });
    console.log(cells(rows.at(-1)).join('  '));
  }
} finally {
  for (const step of undo.reverse()) await step();
}
const failures = allFailures();
console.log(`failed: ${failures}`);
if (values.page) await writePage();

async function seen(demos, pool, redis) {
  // a connection that was kept may just have been closed
  const processes = await Promise.all(
    demos.map((demo) => processOf(demo).catch(() => processOf(demo))),
  );
  const { rows: connections } = await pool.query(
    "select count(*)::int as n from pg_stat_activity where backend_type = 'client backend'",
  );
  const clients = Number(/connected_clients:(\d+)/.exec(await redis.info('clients'))?.[1]);
  return { processes, postgres: connections[0].n, redis: clients, tables: await rowsByTable(pool) };
}

function cells({ minute, took, failed, processes, postgres, redis, tables }) {
  const p99 = KINDS.map((kind) => (took[kind] ? Math.round(summary(took[kind]).p99) : '')).join(
    ' / ',
  );
  const both = (name) => processes.map((each) => Math.round(each[name])).join(' / ');
  const lost = Object.values(failed).reduce((sum, count) => sum + count, 0);
  return [
    minute,
    Object.values(took).flat().length,
    lost,
    p99,
    both('heapMb'),
    both('rssMb'),
    both('handles'),
    `${postgres} / ${redis}`,
    `${tables.auth_sessions} / ${tables.auth_revocations}`,
  ];
}

/** One for both: each demo makes a key of its own otherwise. */
function signingKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' });
}

function allFailures() {
  const counts = {};
  for (const { failed } of rows)
    for (const [what, count] of Object.entries(failed)) counts[what] = (counts[what] ?? 0) + count;
  const told = Object.entries(counts).map(([what, count]) => `${what} (${count})`);
  return told.join(', ') || 'nothing';
}

async function writePage() {
  const head = [
    'min',
    'done',
    'failed',
    'p99, ms',
    'heap',
    'resident',
    'handles',
    'servers',
    'rows',
  ];
  const shown = rows.filter(
    ({ minute }) => minute === 1 || minute % Math.ceil(minutes / 30) === 0 || minute === minutes,
  );
  const lines = [head, head.map(() => '---'), ...shown.map(cells)].map(
    (row) => `| ${row.join(' | ')} |`,
  );
  const text = `# Soak

Written by \`npm run soak -- --page --minutes ${minutes} --pace ${pace} --sessions ${sessions}\` on ${on.date}: ${on.cores} cores (${on.cpu}), Node ${on.node}, load average
${on.load[0]} before it.

Two processes of the built demo share a PostgreSQL and a Redis with ${sessions} live sessions, which are refreshed one after the other. Meanwhile
guarded requests, logins, sign-ins that are signed out again, and sockets that are opened and closed, at a steady pace, whoever is slow. What must not
grow: heap, handles, connections, and rows beyond the logins (a revocation stays for 70 minutes).

- **p99**: of ${KINDS.join(' / ')}, in milliseconds
- **heap, resident**: MB of each process; **handles** of each
- **servers**: connections of PostgreSQL / Redis
- **rows**: sessions / revocations
- **sockets** open at the end of each minute: ${rows.map(({ open }) => open).join(', ')}

${lines.join('\n')}

Failed: ${failures}.
`;
  mkdirSync(dirname(PAGE), { recursive: true });
  writeFileSync(PAGE, await format(text, { ...(await resolveConfig(PAGE)), filepath: PAGE }));
}
