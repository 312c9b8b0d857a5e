// `npm run bench`: Tokenward beside what people would use instead. Real Postgres and Redis, fresh processes, everything
// interleaved.
//   npm run bench -- guarded refresh   those sections alone: guarded, guardCost, bound, freshToken, refresh, refreshLoad, herd, rotation, manySessions, databaseBytes, login, start, memory
//   --quick     short windows, a tenth of the sessions: about three minutes instead of twelve; a smoke test, no measurement
//   --page      writes docs/assurance/performance.{md,svg,json}, as a full run of everything does
//   DATABASE_URL, REDIS_URL   servers to use instead of its own (throw-away ones: databases are made and dropped)
//   BENCH_CPU_PROF=<folder>   a CPU profile of every peer's process
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { argumentsOf } from '../tools/arguments.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values, words: only } = argumentsOf(
  { quick: { type: 'boolean', default: false }, page: { type: 'boolean' } },
  'words',
);
const { quick } = values;

prepare();
const { startServers } = await import('./support/servers.mjs');
const { makeKeys } = await import('./support/tokens.mjs');
const report = await import('./support/report.mjs');
const sections = await loadSections();
const unknown = only.filter((name) => !(name in sections));
if (unknown.length > 0)
  throw new Error(
    `no section ${unknown.join(', ')}; there are ${Object.keys(sections).join(', ')}`,
  );

const from = performance.now();
const on = report.machine();
const servers = await startServers();
const { databaseUrl, redisUrl } = servers;
const context = {
  quick,
  servers,
  settings: { databaseUrl, redisUrl, keys: makeKeys() },
  say: (text) =>
    console.log(`· ${((performance.now() - from) / 1000).toFixed(0).padStart(4)} s  ${text}`),
};
const run = { rows: [], peers: [], raw: {}, problems: [], kind: quick ? 'quick' : 'full', on };
try {
  run.on.services = await versions();
  for (const [name, section] of Object.entries(sections)) {
    if (only.length > 0 && !only.includes(name)) continue;
    try {
      const { rows, raw, peers = [] } = await section(context);
      run.rows.push(...rows.map(report.judged));
      run.peers.push(...peers);
      run.raw[name] = raw;
    } catch (error) {
      run.problems.push(`${name} (${error.message})`);
      console.error(error);
    }
  }
} finally {
  await servers.stop();
}
console.log();
report.printTable(run.rows, run.peers);
if (values.page || (!quick && only.length === 0)) await report.writePage(run);
const missed = run.rows.filter(({ verdict }) => verdict === 'NOT MET').length;
console.log(
  `${run.rows.filter(({ bar }) => bar !== undefined).length - missed} bars met, ${missed} not, ${run.problems.length} sections failed`,
);
process.exit(run.problems.length > 0 ? 1 : 0);

/** The build, and the peers' packages: they are not part of the product. */
function prepare() {
  const step = (command, parameters, cwd) => {
    const { status } = spawnSync(command, parameters, {
      cwd,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
    if (status !== 0) throw new Error(`${command} ${parameters.join(' ')} failed`);
  };
  step(process.execPath, [join(here, '..', 'tools', 'build.mjs'), '--if-stale'], join(here, '..'));
  const installed = join(here, 'node_modules', '.package-lock.json');
  const version = (file) =>
    JSON.parse(readFileSync(file, 'utf8')).packages?.['node_modules/better-auth']?.version;
  if (!existsSync(installed) || version(installed) !== version(join(here, 'package-lock.json')))
    step('npm', ['ci', '--prefix', here, '--no-audit', '--no-fund'], here);
}

async function loadSections() {
  const [
    { guarded },
    { guardCost },
    { bound },
    { freshToken },
    { refresh },
    { refreshLoad },
    { herd },
    { rotation },
    { manySessions, databaseBytes },
    { login },
    { start },
    { memory },
  ] = await Promise.all(
    [
      'guarded',
      'guard-cost',
      'bound',
      'fresh-token',
      'refresh',
      'refresh-load',
      'herd',
      'rotation',
      'many-sessions',
      'login',
      'start',
      'memory',
    ].map((name) => import(`./sections/${name}.mjs`)),
  );
  const hot = { guarded, guardCost, bound, freshToken, refresh, refreshLoad, herd, rotation };
  return { ...hot, manySessions, databaseBytes, login, start, memory };
}

async function versions() {
  const { default: pg } = await import('pg');
  const { Redis } = await import('ioredis');
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const { rows } = await client.query('show server_version');
  await client.end();
  const redis = new Redis(redisUrl);
  const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1];
  redis.disconnect();
  return `PostgreSQL ${rows[0].server_version.split(' ')[0]}, Redis ${version}`;
}
