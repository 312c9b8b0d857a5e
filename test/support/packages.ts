import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(ROOT, 'node_modules', '.cache', 'tokenward-packages');
const LIBRARIES = { auth: 'nestjs', client: 'client' };
// not all of libs/: packing writes there
const SOURCES = [
  ...Object.keys(LIBRARIES).flatMap((name) =>
    ['src', 'package.json', 'README.md'].map((part) => join('libs', name, part)),
  ),
  join('libs', 'auth', 'migrations'),
  'tools',
  'tsconfig.json',
  'LICENSE',
];
const STALE_MS = 900_000;

export interface PackedLibraries {
  /** The folder with `auth/` and `client/`, which hold what was packed. */
  readonly folder: string;
  /** The tarballs. */
  readonly auth: string;
  readonly client: string;
}

let packing: Promise<PackedLibraries> | undefined;

/** Both libraries as they are published: by `npm pack`, with nothing built before. Once for the same sources. */
export function packedLibraries(): Promise<PackedLibraries> {
  return (packing ??= pack());
}

async function pack(): Promise<PackedLibraries> {
  const folder = join(CACHE, fingerprint());
  const lock = `${folder}.lock`;
  mkdirSync(CACHE, { recursive: true });
  while (!existsSync(folder)) {
    if (taken(lock)) {
      await sleep(200);
      continue;
    }
    try {
      build(folder);
    } finally {
      rmSync(lock, { recursive: true, force: true });
    }
  }
  return { folder, auth: tarball(folder, 'auth'), client: tarball(folder, 'client') };
}

function taken(lock: string): boolean {
  try {
    mkdirSync(lock);
    return false;
  } catch {
    const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
    if (since !== undefined && Date.now() - since > STALE_MS)
      rmSync(lock, { recursive: true, force: true });
    return true;
  }
}

function build(folder: string): void {
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  for (const name of ['auth', 'client'] as const) {
    const source = join(ROOT, 'libs', name);
    const unpacked = join(draft, name);
    mkdirSync(unpacked, { recursive: true });
    rmSync(join(source, 'dist'), { recursive: true, force: true });
    succeed('npm', ['pack', '--pack-destination', draft, '--loglevel', 'error'], source);
    succeed('tar', ['-xzf', tarball(draft, name), '--strip-components=1'], unpacked);
  }
  for (const old of readdirSync(CACHE))
    if (!folder.endsWith(old.slice(0, 16)))
      rmSync(join(CACHE, old), { recursive: true, force: true });
  renameSync(draft, folder);
}

/** Runs a command; returns its output. */
export function succeed(
  command: string,
  args: readonly string[],
  cwd: string,
  env = process.env,
): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stdout}\n${stderr}`);
  return stdout;
}

function tarball(folder: string, name: keyof typeof LIBRARIES): string {
  const found = readdirSync(folder).find(
    (each) => each.startsWith(`tokenward-${LIBRARIES[name]}-`) && each.endsWith('.tgz'),
  );
  if (!found) throw new Error(`no tarball of ${name}`);
  return join(folder, found);
}

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    const path = join(ROOT, source);
    const files = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: 'utf8' }).map((each) => join(path, each))
      : [path];
    for (const file of files.sort())
      if (statSync(file).isFile()) hash.update(file).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}
