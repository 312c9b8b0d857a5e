// Builds the two packages for npm into libs/*/dist: ES modules and CommonJS side by side, each with its types. `npm
// pack` in libs/* runs it. `--only auth|client`: one of the two. `--out <dir>`: whole package folders are made there
// instead, and the work tree is left alone.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { argumentsOf } from './arguments.mjs';
import { makeLenient } from './lenient-types.mjs';

// file modes are part of the tarball, so two builds must be equal under any umask
process.umask(0o022);
const root = fileURLToPath(new URL('..', import.meta.url));
const libs = join(root, 'libs');
const { values } = argumentsOf({ out: { type: 'string' }, only: { type: 'string' } });
const { only } = values;
const out = values.out ? resolve(values.out) : libs;
/** Test support is not part of the package. */
const PRIVATE = /\.(?:spec|e2e|fixture)\.tsx?$|[\\/]simulation[\\/]/;
/** Run by `npx` and by `nest add`, never imported: one format, no types. */
const ESM_ONLY = /^cli[\\/]/;
const CJS_ONLY = /^schematics[\\/]/;

const { transformSync } = await import('@swc/core').catch(() => {
  console.error(
    'tokenward: not packed, the development dependencies are missing (npm ci --include=dev)',
  );
  process.exit(1);
});
for (const name of ['auth', 'client']) if (!only || only === name) prepare(name);
if (only !== 'client') buildAuth(join(out, 'auth'));
if (only !== 'auth')
  run(join(root, 'tools', 'build-client.mjs'), '--out', join(out, 'client', 'dist'));

/** Files of the package in addition to `dist`. */
function prepare(name) {
  const target = join(out, name);
  mkdirSync(target, { recursive: true });
  cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
  const manifest = JSON.parse(readFileSync(join(libs, name, 'package.json'), 'utf8'));
  for (const entry of Object.entries(manifest.exports)) writeSubPath(target, ...entry);
  if (out === libs) return;
  // already built, so `prepack` must not run
  const text = JSON.stringify({ ...manifest, scripts: undefined }, null, 2);
  writeFileSync(join(target, 'package.json'), `${text}\n`);
  cpSync(join(libs, name, 'README.md'), join(target, 'README.md'));
}

/** Resolvers without `exports` support (`moduleResolution: node`) look for a folder of that name. */
function writeSubPath(target, entry, { require: file }) {
  const folder = join(target, entry);
  if (!file || folder === target) return;
  const { default: main = file, types = file.replace(/\.js$/, '.d.ts') } = file;
  const [code, declarations] = [main, types].map((path) => relative(folder, join(target, path)));
  mkdirSync(folder, { recursive: true });
  const text = JSON.stringify({ main: code, types: declarations });
  writeFileSync(join(folder, 'package.json'), `${text}\n`);
}

function buildAuth(target) {
  const from = join(libs, 'auth', 'src');
  const draft = join(target, `.dist-${process.pid}`);
  const [esm, cjs] = [join(draft, 'esm'), join(draft, 'cjs')];
  const sources = readdirSync(from, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !PRIVATE.test(path),
  );
  for (const path of sources) {
    const source = readFileSync(join(from, path), 'utf8');
    if (!CJS_ONLY.test(path)) emit(join(esm, path), source, 'es6');
    if (!ESM_ONLY.test(path)) emit(join(cjs, path), source, 'commonjs');
  }
  const typed = sources.filter((path) => !ESM_ONLY.test(path) && !CJS_ONLY.test(path));
  declarations(from, typed, esm);
  for (const path of typed.map((each) => each.replace(/\.ts$/, '.d.ts')))
    cpSync(join(esm, path), join(cjs, path));
  // how Node and TypeScript read the files beside it
  writeFileSync(join(esm, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n');
  cpSync(join(libs, 'auth', 'migrations'), join(draft, 'migrations'), { recursive: true });
  for (const asset of ['collection.json', 'nest-add.schema.json', 'files'])
    cpSync(join(from, 'schematics', asset), join(cjs, 'schematics', asset), { recursive: true });
  chmodSync(join(esm, 'cli', 'main.js'), 0o755);
  rmSync(join(target, 'dist'), { recursive: true, force: true });
  renameSync(draft, join(target, 'dist'));
}

function emit(path, source, type) {
  const { code } = transformSync(source, {
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
      target: 'es2022',
      keepClassNames: true,
    },
    module: { type },
  });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path.replace(/\.ts$/, '.js'), code);
}

/** One compiler run for both formats, because declarations are the same in each. */
function declarations(from, sources, outDir) {
  const config = join(outDir, 'tsconfig.json');
  const compilerOptions = {
    // types are checked elsewhere; this run only emits
    noCheck: true,
    declaration: true,
    emitDeclarationOnly: true,
    sourceMap: false,
    paths: {},
    rootDir: from,
    outDir,
    typeRoots: [join(root, 'node_modules', '@types')],
  };
  const files = sources.map((path) => join(from, path));
  const extended = relative(outDir, join(root, 'tsconfig.json'));
  writeFileSync(config, JSON.stringify({ extends: extended, compilerOptions, include: [], files }));
  run(createRequire(import.meta.url).resolve('typescript/bin/tsc'), '-p', config);
  rmSync(config);
  makeLenient(outDir);
}

function run(script, ...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status === 0) return;
  process.stderr.write(stdout + stderr);
  process.exit(1);
}
