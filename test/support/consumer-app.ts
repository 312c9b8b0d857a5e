import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { httpClient } from './http.js';
import { freePort } from './redis-server.mjs';
import { noteProcess, scratchDir } from './run-environment.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const execute = promisify(execFile);

/** The code that a documentation page has readers paste: path → code. */
export function guideFiles(page: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(ROOT, 'docs', page), 'utf8');
  const found = text.matchAll(/^<!-- file: (\S+) -->\n\n```ts\n([\s\S]*?)^```$/gm);
  return new Map([...found].map(([, path = '', code = '']) => [path, code]));
}

/** Runs a command in the folder; rejects with its output. */
export async function runIn(
  cwd: string,
  command: string,
  ...args: readonly string[]
): Promise<string> {
  try {
    return (await execute(command, args, { cwd, env: environment(), maxBuffer: 1 << 24 })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')}\n${stdout ?? ''}\n${stderr ?? String(error)}`, {
      cause: error,
    });
  }
}

export function writeFiles(folder: string, files: Iterable<readonly [string, string]>): void {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** The application that `nest new` makes, compiled without its specs. */
export async function nestNew(name: string): Promise<string> {
  const folder = join(scratchDir(name), 'app');
  const nest = join(ROOT, 'node_modules/@nestjs/cli/bin/nest.js');
  const flags = ['--skip-install', '--skip-git', '--package-manager', 'npm'];
  await runIn(join(folder, '..'), process.execPath, nest, 'new', 'app', ...flags);
  const path = join(folder, 'tsconfig.json');
  const { compilerOptions } = JSON.parse(readFileSync(path, 'utf8')) as { compilerOptions: object };
  const own = { ...compilerOptions, types: ['node'], rootDir: 'src', skipLibCheck: true };
  writeFileSync(
    path,
    JSON.stringify({ compilerOptions: own, include: ['src'], exclude: ['**/*.spec.ts'] }),
  );
  return folder;
}

/** Runs what `nest add` runs after npm installed the package; returns its output. */
export const nestAdd = (folder: string): Promise<string> =>
  runIn(
    folder,
    process.execPath,
    join(ROOT, 'node_modules/@angular-devkit/schematics-cli/bin/schematics.js'),
    '@tokenward/nestjs:nest-add',
    '--skip-install',
  );

/** Installs with npm like a user, but from its cache where possible. */
export const install = (folder: string): Promise<string> =>
  runIn(
    folder,
    'npm',
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--omit=dev',
    '--loglevel=error',
  );

/** The compiler of this repository (or of another folder) with the application's own settings. */
export function compile(
  folder: string,
  config = 'tsconfig.json',
  compiler = ROOT,
): Promise<string> {
  const tsc = join(compiler, 'node_modules', 'typescript', 'bin', 'tsc');
  // TypeScript 6 requires this option for an old module resolution; 5.9 does not know it
  const old = compiler === ROOT ? ['--ignoreDeprecations', '6.0'] : [];
  return runIn(folder, process.execPath, tsc, '-p', config, ...old);
}

/** The key that signs, as the guides make it: in `keys/` of the application. */
export function generateKeys(folder: string): Promise<string> {
  const flags = ['--dir', 'keys', '--algorithm', 'ES256'];
  return runIn(folder, 'npx', 'tokenward', 'keys', 'generate', ...flags);
}

export interface Started {
  readonly url: string;
  client(): ReturnType<typeof httpClient>;
  output(): string;
  stop(): Promise<void>;
}

export async function startApp(
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<Started> {
  const port = await freePort();
  const child = spawn(process.execPath, ['dist/main.js'], {
    cwd: folder,
    env: { ...environment(), ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  if (child.pid) noteProcess(child.pid);
  const url = `http://127.0.0.1:${String(port)}`;
  const output = (): string => printed;
  await answering(url, child, output);
  return {
    url,
    output,
    client: () => httpClient(url),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'close');
      child.kill('SIGTERM');
      await gone;
    },
  };
}

async function answering(url: string, child: ChildProcess, output: () => string): Promise<void> {
  const until = performance.now() + 60_000;
  for (;;) {
    const up = await httpClient(url)
      .get('/notes')
      .then(
        () => true,
        () => false,
      );
    if (up) return;
    if (child.exitCode !== null || performance.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`the application did not start:\n${output()}`);
    }
    await sleep(50);
  }
}

/** The environment without variables of jest and its runner. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:NODE_OPTIONS|JEST_|TEST_|npm_(?:lifecycle|package))/.test(name),
  );
  return { ...Object.fromEntries(kept), NODE_ENV: 'development' };
}
