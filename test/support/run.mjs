// `npm test`: real PostgreSQL and real Redis on loopback, then jest. Whatever is started here is stopped here.
//   DATABASE_URL, REDIS_URL   servers to use instead (throw-away databases only; the role needs CREATEDB and CREATEROLE)
//   CHROMIUM_PATH             browser to use instead of the one in the usual place
//   TEST_REQUIRE_CHROMIUM     (or CI) fails without a browser; otherwise its tests are left out, and said to be
//   --no-build                leaves dist/ as it is; everything else goes to jest
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { loadEmbeddedPostgres } from '../../tools/embedded-postgres/load.mjs';
import { browserTests, findChromium } from './chromium-binary.mjs';
import { findServer } from './installed-server.mjs';
import { startRedis } from './redis-server.mjs';

const PREFIX = 'tokenward-test-';
const root = fileURLToPath(new URL('../..', import.meta.url));
const runId = randomBytes(4).toString('hex');
const embedded = await loadEmbeddedPostgres(join(root, 'node_modules', '.cache', 'tokenward-test'));
const undo = [];
let jest;
let interrupted;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    interrupted ??= signal;
    jest?.kill('SIGTERM');
    setTimeout(() => jest?.kill('SIGKILL'), 5_000).unref();
  });

await main().catch((error) => {
  console.error(error.name === 'StartError' ? error.message : error);
  process.exitCode = 1;
});
for (const step of undo.reverse())
  await step().catch((error) => console.error(`clean-up: ${error.message}`));
if (interrupted) process.exitCode = interrupted === 'SIGINT' ? 130 : 143;

async function main() {
  const args = process.argv.slice(2);
  if (!args.includes('--no-build')) {
    const built = spawnSync(process.execPath, [join(root, 'tools', 'build.mjs'), '--if-stale'], {
      stdio: 'inherit',
    });
    if (built.status !== 0) throw stop('The build failed, so nothing was tested.');
  }
  await sweep();
  const runDir = mkdtempSync(join(tmpdir(), PREFIX));
  undo.push(async () => rmSync(runDir, { recursive: true, force: true, maxRetries: 5 }));
  mkdirSync(join(runDir, 'processes'));
  writeFileSync(join(runDir, 'owner'), `${process.pid} ${embedded.processIdentity(process.pid)}`);
  undo.push(() => endProcesses(runDir));
  const note = (pid) =>
    writeFileSync(join(runDir, 'processes', String(pid)), embedded.processIdentity(pid) ?? '');

  const withoutBrowser = findChromium({ install: true }) ? [] : browserTests(join(root, 'test'));
  if (withoutBrowser.length && (process.env.TEST_REQUIRE_CHROMIUM || process.env.CI))
    throw stop('The tests need Chromium: install it (apt, brew), or set CHROMIUM_PATH.');
  const [postgres, redis] = await Promise.all([givePostgres(runDir), giveRedis(runDir, note)]);
  if (interrupted) return;
  const report = join(runDir, 'report.json');
  const status = await runJest(
    [
      ...args.filter((arg) => arg !== '--no-build'),
      ...withoutBrowser.flatMap((name) => [
        '--testPathIgnorePatterns',
        '/node_modules/',
        `/test/${name}$`,
      ]),
    ],
    note,
    {
      TEST_RUN_DIR: runDir,
      TEST_RUN_ID: runId,
      TEST_REPORT: report,
      TEST_DATABASE_URL: postgres,
      TEST_REDIS_URL: redis.url,
      TEST_REDIS_SERVER: redis.binary,
      TEST_POSTGRES_BIN: embedded.binDir() ?? '',
    },
  );
  process.exitCode = status;
  const { passed, failed } = counts(report);
  if (withoutBrowser.length)
    console.log(`\nNOT RUN, no Chromium was found (CHROMIUM_PATH): ${withoutBrowser.join(', ')}`);
  console.log(`\n${passed} passed, ${failed || (status === 0 ? 0 : 1)} failed`);
}

async function givePostgres(runDir) {
  const given = process.env.DATABASE_URL;
  if (given) {
    undo.push(() => dropDatabases(given));
    return given;
  }
  const server = await embedded.startEmbeddedPostgres({
    dataDir: join(runDir, 'postgres'),
    settings: { max_connections: 300 },
  });
  undo.push(() => server.stop());
  return server.url;
}

async function giveRedis(runDir, note) {
  const given = process.env.REDIS_URL;
  const binary = findServer('redis-server', { install: !given });
  if (given) return { url: given, binary: binary ?? '' };
  if (!binary)
    throw stop('The tests need Redis: install redis-server (apt, brew), or set REDIS_URL.');
  const dir = join(runDir, 'redis');
  mkdirSync(dir);
  const server = await startRedis({ binary, dir, args: ['--databases', '512'] });
  note(server.pid);
  undo.push(() => server.stop());
  return { url: server.url, binary };
}

function runJest(args, note, env) {
  const flags = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    // each file reads some 1,700 modules anew: with V8's default of 16 MB the collection of them takes a tenth of the time
    '--max-semi-space-size=64',
    'node_modules/jest/bin/jest.js',
  ];
  jest = spawn(
    process.execPath,
    [
      ...flags,
      ...args,
      '--reporters=default',
      '--reporters=<rootDir>/test/support/count-reporter.mjs',
    ],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...env },
    },
  );
  note(jest.pid);
  return new Promise((resolve) => {
    jest.on('error', () => resolve(1));
    jest.on('exit', (code) => resolve(code ?? 1));
  });
}

function counts(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { passed: 0, failed: 1 };
  }
}

/** Ends processes that tests did not stop: by recorded pids, and Postgres by its data directories. */
async function endProcesses(runDir) {
  for (const name of readdirSync(join(runDir, 'processes'))) {
    const pid = Number(name);
    if (embedded.processIdentity(pid) === readFileSync(join(runDir, 'processes', name), 'utf8'))
      process.kill(pid, 'SIGKILL');
  }
  for (const entry of readdirSync(runDir, { recursive: true, withFileTypes: true }))
    if (entry.name === 'postgres.log') await embedded.stopOrphanIn(entry.parentPath ?? entry.path);
}

/** Cleans up after runs that were killed. */
async function sweep() {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const dir = join(tmpdir(), name);
    try {
      const [pid, identity] = readFileSync(join(dir, 'owner'), 'utf8').split(/ (.*)/s);
      if (embedded.processIdentity(Number(pid)) === identity) continue;
      await endProcesses(dir);
      rmSync(dir, { recursive: true, force: true });
    } catch {
      continue; // another user's, or one that is just being made
    }
  }
}

/** Removes only databases of this run, whose names contain its id. */
async function dropDatabases(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(
    'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
    [`tokenward_test_${runId}_`],
  );
  for (const { datname } of rows)
    await client.query(`DROP DATABASE IF EXISTS "${datname}" WITH (FORCE)`);
  await client.end();
}

function stop(message) {
  return Object.assign(new Error(message), { name: 'StartError' });
}
