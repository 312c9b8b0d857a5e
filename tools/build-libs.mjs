// Builds the two packages for npm: ES modules and CommonJS side by side, each with its types. `npm run build:libs`, then `npm pack` in libs/*.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const cache = join(root, 'node_modules', '.cache');
/** Test support stays at home. */
const PRIVATE = /\.(?:spec|e2e|fixture)\.tsx?$|[\\/]simulation(?:[\\/]|$)/;

/** `from`: folders under libs/ whose sources the package is made of; the first is its own. */
const PACKAGES = [
  { name: 'auth', from: ['auth/src'], strip: 'auth/src', assets: ['migrations'], bin: 'esm/cli/main.js' },
  { name: 'client', from: ['client/src', 'auth/src/contract'], strip: '', assets: [] },
];

for (const each of PACKAGES) {
  const out = join(root, 'libs', each.name, 'dist');
  rmSync(out, { recursive: true, force: true });
  for (const format of ['esm', 'cjs']) compile(each, format, join(out, format));
  for (const asset of each.assets)
    cpSync(join(root, 'libs', each.name, asset), join(out, asset), { recursive: true });
  if (each.bin) chmodSync(join(out, each.bin), 0o755);
  cpSync(join(root, 'LICENSE'), join(root, 'libs', each.name, 'LICENSE'));
}

function compile({ name, from, strip }, format, outDir) {
  const draft = join(cache, `tokenward-${name}-${format}`);
  rmSync(draft, { recursive: true, force: true });
  for (const folder of from)
    cpSync(join(root, 'libs', folder), join(draft, folder), {
      recursive: true,
      filter: (path) => !PRIVATE.test(path),
    });
  // what decides the format of what is emitted (TypeScript's nodenext) and, beside it, how Node reads it
  const marker = JSON.stringify({ type: format === 'esm' ? 'module' : 'commonjs' });
  writeFileSync(join(draft, 'package.json'), marker);
  if (format === 'cjs') toCommonJs(draft);
  const config = join(draft, 'tsconfig.json');
  writeFileSync(
    config,
    JSON.stringify({
      extends: '../../../tsconfig.json',
      compilerOptions: {
        outDir,
        rootDir: join(draft, strip),
        declaration: true,
        sourceMap: false,
        removeComments: false,
        paths: {},
        typeRoots: [join(root, 'node_modules', '@types')],
      },
      include: from.map((folder) => join(draft, folder)),
      exclude: [],
    }),
  );
  const built = spawnSync(process.execPath, [tsc, '-p', config], { cwd: root, encoding: 'utf8' });
  if (built.status !== 0) {
    process.stderr.write(built.stdout);
    process.exit(1);
  }
  mkdirSync(outDir, { recursive: true });
  writeFileSync(join(outDir, 'package.json'), `${marker}\n`);
  rmSync(draft, { recursive: true, force: true });
}

/** CommonJS has no `import.meta`. */
function toCommonJs(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) toCommonJs(path);
    if (!entry.name.endsWith('.ts')) continue;
    const source = readFileSync(path, 'utf8');
    if (!source.includes('import.meta.url')) continue;
    const changed = source.replaceAll('import.meta.url', 'pathToFileURLOfThisFile(__filename).href');
    writeFileSync(path, `import { pathToFileURL as pathToFileURLOfThisFile } from 'node:url';\n${changed}`);
  }
}
