// Builds the demo, the orders service and the command line into dist/, in one run of the compiler, and the demo's page.
// `--if-stale`: only when a source changed since the last build. The result appears under its name when it is whole.
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { argumentsOf } from './arguments.mjs';
import { buildPage } from './build-page.mjs';
import { bundleApps } from './bundle-apps.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const stampFile = join(dist, '.built-from');
const SOURCES = [
  'apps',
  'libs',
  'nest-cli.json',
  'package-lock.json',
  'tsconfig.json',
  'tools/embedded-postgres',
  'tools/build.mjs',
  'tools/build-page.mjs',
  'tools/bundle-apps.mjs',
];
/** Compiled beside the demo, relative to it. */
const ALSO = ['../orders/src/**/*.ts', '../../libs/auth/src/cli/**/*.ts'];
/** Read at run time, relative to the code that reads them. */
const ASSETS = ['libs/auth/migrations', 'apps/demo/migrations', 'apps/demo/public'];

const stamp = fingerprint();
const { values } = argumentsOf({ 'if-stale': { type: 'boolean' } });
if (values['if-stale'] && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp)
  process.exit(0);

const nest = cli('@nestjs/cli/bin/nest.js');
if (!nest) {
  // `npm ci --omit=dev` runs `prepare` too
  console.error(
    'tokenward: not built, the development dependencies are missing (npm ci --include=dev)',
  );
  process.exit(process.env.npm_lifecycle_event === 'prepare' || existsSync(stampFile) ? 0 : 1);
}

const id = `${process.pid}-${randomBytes(3).toString('hex')}`;
const draft = join(root, 'node_modules', '.cache', `tokenward-build-${id}`);
const config = `${draft}.tsconfig.json`;
try {
  mkdirSync(dirname(draft), { recursive: true });
  writeFileSync(config, JSON.stringify(draftConfig(), null, 2));
  const built = spawnSync(process.execPath, [nest, 'build', 'demo', '-p', relative(root, config)], {
    cwd: root,
    encoding: 'utf8',
  });
  if (built.status !== 0) {
    process.stderr.write(`${built.stdout}${built.stderr}\ntokenward: the build failed\n`);
    process.exitCode = 1;
  } else {
    for (const asset of ASSETS)
      if (existsSync(join(root, asset)))
        cpSync(join(root, asset), join(draft, asset), { recursive: true });
    moveSourceMaps(draft);
    await bundleApps(draft);
    await buildPage(join(draft, 'apps', 'demo', 'public'));
    writeFileSync(join(draft, '.built-from'), stamp);
    putInPlace();
  }
} finally {
  rmSync(config, { force: true });
  rmSync(draft, { recursive: true, force: true });
}

/** Names, sizes and times of every source: a deleted file counts as a change too. */
function fingerprint() {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (!existsSync(path)) return;
    const stats = statSync(path);
    if (!stats.isDirectory())
      return void hash.update(`${relative(root, path)} ${stats.size} ${stats.mtimeMs}\n`);
    for (const name of readdirSync(path).sort())
      if (!/^(?:node_modules|dist|\.data)$|\.(?:spec|e2e)\.ts$/.test(name)) visit(join(path, name));
  };
  for (const source of SOURCES) visit(join(root, source));
  return hash.digest('hex');
}

/** The app's tsconfig with the draft as its output. */
function draftConfig() {
  const app = join(root, 'apps', 'demo');
  const {
    extends: base,
    compilerOptions,
    include,
    exclude,
  } = JSON.parse(readFileSync(join(app, 'tsconfig.app.json'), 'utf8'));
  const from = (path) => relative(dirname(config), join(app, path));
  return {
    extends: from(base),
    compilerOptions: {
      ...compilerOptions,
      outDir: draft,
      // `npm run typecheck` looks at the types, once
      noCheck: true,
      rootDir: root,
      typeRoots: [join(root, 'node_modules', '@types')],
    },
    include: [...include, ...ALSO].map(from),
    exclude: exclude.map(from),
  };
}

/** Source maps name their sources relative to where they were written. */
function moveSourceMaps(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) moveSourceMaps(path);
    if (!entry.name.endsWith('.js.map')) continue;
    const map = JSON.parse(readFileSync(path, 'utf8'));
    const target = join(dist, relative(draft, dir));
    map.sources = map.sources.map((source) =>
      relative(target, join(dir, source)).replaceAll('\\', '/'),
    );
    writeFileSync(path, JSON.stringify(map));
  }
}

/** A second build at the same time may get there in between; both are builds of the same sources. */
function putInPlace() {
  const old = `${draft}.old`;
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      if (existsSync(dist)) renameSync(dist, `${old}-${attempt}`);
      renameSync(draft, dist);
      break;
    } catch (error) {
      if (attempt === 19 || !['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code))
        throw error;
    }
  }
  for (let attempt = 0; attempt < 20; attempt++)
    rmSync(`${old}-${attempt}`, { recursive: true, force: true });
}

function cli(path) {
  try {
    return createRequire(import.meta.url).resolve(path);
  } catch {
    return undefined;
  }
}
