// Builds the two packages for npm into libs/*/dist: ES modules and CommonJS side by side, each with its types. Then `npm pack` in libs/*.
// `--out <dir>`: whole package folders are made there instead, and the work tree is left alone.
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
import { transformSync } from '@swc/core';

const root = fileURLToPath(new URL('..', import.meta.url));
const libs = join(root, 'libs');
const at = process.argv.indexOf('--out');
const out = at > 0 ? resolve(process.argv[at + 1]) : libs;
/** Test support stays at home. */
const PRIVATE = /\.(?:spec|e2e|fixture)\.tsx?$|[\\/]simulation[\\/]/;
/** Run by `npx` and by `nest add`, imported by nobody: one format, no types. */
const ESM_ONLY = /^cli[\\/]/;
const CJS_ONLY = /^schematics[\\/]/;

for (const name of ['auth', 'client']) prepare(name);
buildAuth(join(out, 'auth'));
run(join(root, 'tools', 'build-client.mjs'), '--out', join(out, 'client', 'dist'));

/** What goes into the package beside `dist`. */
function prepare(name) {
  const target = join(out, name);
  mkdirSync(target, { recursive: true });
  cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
  if (out === libs) return;
  for (const file of ['package.json', 'README.md']) cpSync(join(libs, name, file), join(target, file));
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
  for (const asset of ['collection.json', 'files'])
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

/** One run of the compiler for both formats: a declaration means the same in each. */
function declarations(from, sources, outDir) {
  const config = join(outDir, 'tsconfig.json');
  const compilerOptions = {
    // checked elsewhere: here only what is emitted counts
    ...{ noCheck: true, declaration: true, emitDeclarationOnly: true, sourceMap: false },
    ...{ paths: {}, rootDir: from, outDir },
    typeRoots: [join(root, 'node_modules', '@types')],
  };
  const files = sources.map((path) => join(from, path));
  const extended = relative(outDir, join(root, 'tsconfig.json'));
  writeFileSync(config, JSON.stringify({ extends: extended, compilerOptions, include: [], files }));
  run(createRequire(import.meta.url).resolve('typescript/bin/tsc'), '-p', config);
  rmSync(config);
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
