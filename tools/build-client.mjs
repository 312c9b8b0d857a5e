// Builds @tokenward/client into libs/client/dist: ESM, CommonJS and types. `--out <dir>` builds elsewhere, `--size`
// nothing. Prints what the browser entry weighs, and fails when that is too much.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { makeLenient } from './lenient-types.mjs';
import { argumentsOf } from './arguments.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = argumentsOf({ out: { type: 'string' }, size: { type: 'boolean' } });
const dist = values.out ? resolve(values.out) : join(root, 'libs', 'client', 'dist');
const src = join(root, 'libs', 'client', 'src');
const LIMIT_BYTES = 4096;

const shared = {
  entryPoints: ['index', 'axios', 'react', 'account', 'factors', 'sockets', 'dpop', 'server'].map(
    (name) => join(src, `${name}.ts`),
  ),
  bundle: true,
  platform: 'neutral',
  target: 'es2022',
  // one class of errors, whichever entry throws it
  external: ['react', '@tokenward/client'],
  // Members that only the client itself sees: none is public, in a body or a message, or a platform's
  // (test/client-built.spec.ts). Common words are not for this list.
  mangleProps:
    /^(acceptTokens|announce|applyChange|emitEvent|endSession|forget|freshen|hold|inTurn|known|leave|needsToken|person|postJson|readTokens|sendRaw|openSession|reopen|sendSigned|silence|spend|toSend|writeTokens)$/,
  outdir: dist,
  logLevel: 'error',
};

if (!values.size) {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  await build({ ...shared, format: 'esm' });
  await build({ ...shared, format: 'cjs', outExtension: { '.js': '.cjs' } });
  writeTypes();
}
const bytes = await weigh();
console.log(`@tokenward/client: ${bytes} bytes min+gzip (limit ${LIMIT_BYTES})`);
if (bytes >= LIMIT_BYTES) process.exitCode = 1;

/** What a page that imports nothing else has to load. */
async function weigh() {
  const { outputFiles } = await build({
    ...shared,
    entryPoints: [join(src, 'index.ts')],
    format: 'esm',
    minify: true,
    write: false,
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

/** The compiler is asked for declarations alone; CommonJS gets the same ones under the name it looks for. */
function writeTypes() {
  const config = join(dist, 'tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    sourceMap: false,
    types: [],
    rootDir: join(root, 'libs'),
    outDir: join(dist, 'types'),
  };
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions,
      include: [],
      files: shared.entryPoints,
    }),
  );
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const done = spawnSync(process.execPath, [tsc, '-p', config], { cwd: root, encoding: 'utf8' });
  rmSync(config);
  if (done.status !== 0) throw new Error(done.stdout + done.stderr);
  makeLenient(join(dist, 'types'));
  for (const entry of readdirSync(join(dist, 'types'), { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith('.d.ts')) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const twin = path.replace(/\.d\.ts$/, '.d.cts');
    copyFileSync(path, twin);
    writeFileSync(twin, readFileSync(twin, 'utf8').replace(/(from '\..*)\.js'/g, "$1.cjs'"));
  }
}
