// `node tools/house.mjs DIR DIR`: two built checkouts compared, as the table of docs/assurance/house.md: sizes by their
// sources, calls and files by V8's precise coverage of the demo.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { argumentsOf } from './arguments.mjs';

const USER = { email: 'house@example.com', password: 'a house of two wings' };
const ROUNDS = 7;

if (process.send) await probe();
else {
  const { startServers } = await import('../bench/support/servers.mjs');
  const { freePort } = await import('../test/support/redis-server.mjs');
  const servers = await startServers();
  const columns = [];
  try {
    for (const dir of argumentsOf({}, 'words').words.map((each) => resolve(each)))
      columns.push({ ...(await sizes(dir)), ...(await costs(dir, servers, await freePort())) });
  } finally {
    await servers.stop();
  }
  const names = Object.keys(columns[0]);
  for (const name of names)
    console.log(`| ${[name, ...columns.map((each) => each[name])].join(' | ')} |`);
}

async function sizes(dir) {
  const src = join(dir, 'libs/auth/src');
  const paths = readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() && /^(?!.*\.(spec|fixture)\.ts$).*\.ts$/.test(each.name))
    .map((each) => join(each.parentPath, each.name));
  const files = paths.map((path) => ({ path, text: readFileSync(path, 'utf8') }));
  const linesOf = (some) => some.reduce((sum, { text }) => sum + text.split('\n').length - 1, 0);
  const [longest] = files.toSorted((a, b) => linesOf([b]) - linesOf([a]));
  const wiring = files.filter(({ path }) => /(module|module-\w+|providers)\.ts$/.test(path));
  const count = (pattern) =>
    files.reduce((sum, { text }) => sum + (text.match(pattern)?.length ?? 0), 0);
  const { default: ts } = await import('typescript');
  const index = join(src, 'index.ts');
  const { NodeNext: module } = ts.ModuleKind;
  const program = ts.createProgram([index], {
    module,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  });
  const checker = program.getTypeChecker();
  const names = checker.getExportsOfModule(
    checker.getSymbolAtLocation(program.getSourceFile(index)),
  );
  return {
    'files of the library': files.length,
    lines: linesOf(files),
    folders: new Set(paths.map(dirname)).size,
    'files of at most 15 lines': files.filter((each) => linesOf([each]) <= 15).length,
    'longest file': `${linesOf([longest])} (${basename(longest.path)})`,
    'names that the root exports': names.length,
    'lines of wiring': `${linesOf(wiring)} in ${wiring.length} files`,
    '`@Optional()`': count(/@Optional\(\)/g),
    'ignore comments': count(/prettier-ignore|eslint-disable|@ts-(?:ignore|expect-error)/g),
  };
}

/** Of each way, the fewest calls and files of some rounds: what runs in the background only adds. */
async function costs(dir, servers, port) {
  const dataDir = mkdtempSync(join(tmpdir(), 'tokenward-house-'));
  const demo = startDemo(dir, { ...servers, dataDir, port });
  const url = `http://127.0.0.1:${port}`;
  try {
    while (!(await fetch(`${url}/health/ready`).catch(() => undefined))?.ok) {
      if (demo.exitCode !== null) throw new Error(`the demo of ${dir} ended with ${demo.exitCode}`);
      await delay(100);
    }
    const least = {};
    for (let round = 0; round < ROUNDS; round++)
      for (const [name, cost] of await costsOfRound(demo, url))
        if (!least[name] || cost.calls < least[name].calls) least[name] = cost;
    return Object.fromEntries(
      Object.entries(least).map(([name, { calls, files }]) => [
        name,
        `${calls} calls in ${files} files`,
      ]),
    );
  } finally {
    if (demo.kill('SIGTERM')) await new Promise((done) => demo.once('exit', done));
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** By its modules: main.js is a bundle, but in checkouts older than the bundle. */
function startDemo(dir, { databaseUrl, redisUrl, dataDir, port }) {
  const compiled = (name) => join(dir, 'dist/apps/demo/src', name);
  const entry = compiled(existsSync(compiled('unbundled.js')) ? 'unbundled.js' : 'main.js');
  return spawn(process.execPath, ['--import', fileURLToPath(import.meta.url), entry], {
    env: {
      PATH: process.env.PATH,
      PORT: port,
      DEMO_USERS: `${USER.email}:${USER.password}:user`,
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      DATA_DIR: dataDir,
      LOGIN_THROTTLE: 'off',
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

async function costsOfRound(demo, url) {
  const found = [];
  const counted = async (name, path, { body, headers, method = 'POST' }) => {
    await taken(demo);
    const json = { 'content-type': 'application/json' };
    const answer = await fetch(url + path, { method, headers: { ...json, ...headers }, body });
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    const text = await answer.text();
    found.push([name, await taken(demo)]);
    return text ? JSON.parse(text) : {};
  };
  const login = await counted('a login', '/auth/login', {
    body: JSON.stringify({ ...USER, transport: 'bearer' }),
  });
  const { accessToken } = await counted('a refresh', '/auth/refresh', {
    body: JSON.stringify({ refreshToken: login.refreshToken }),
  });
  const headers = { authorization: `Bearer ${accessToken}` };
  await counted('the first guarded request of a token', '/me', { method: 'GET', headers });
  await counted('a guarded request', '/me', { method: 'GET', headers });
  await counted('a logout everywhere', '/auth/logout-all', { headers });
  return found;
}

function taken(demo) {
  const answer = new Promise((done) => demo.once('message', done));
  demo.send('take');
  return answer;
}

/** In the demo: counts the calls of the library's own functions since the last question. */
async function probe() {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  process.channel?.unref();
  process.on('message', async () => {
    const { result } = await session.post('Profiler.takePreciseCoverage');
    const scripts = result
      .filter(({ url }) => url.includes('/dist/libs/auth/'))
      .map(({ functions }) => functions.filter(({ ranges }) => ranges[0].startOffset > 0))
      .map((functions) => functions.reduce((sum, { ranges }) => sum + ranges[0].count, 0))
      .filter((calls) => calls > 0);
    process.send({ calls: scripts.reduce((sum, each) => sum + each, 0), files: scripts.length });
  });
}
