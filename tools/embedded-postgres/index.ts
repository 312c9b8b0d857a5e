import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StartError, errorCode } from './start-error.js';
import { findPostgres, packageRoot } from './binaries.js';
import { clusterIn, ensureCluster, SUPERUSER } from './cluster.js';
import { acquireDataLock } from './data-lock.js';
import { runAs } from './identity.js';
import { launch, shutDown, stopOrphan } from './postmaster.js';

export interface EmbeddedPostgresOptions {
  /** Holds the cluster, its lock and its log; made (mode 0700) when it is not there. */
  readonly dataDir: string;
  /** Server settings, `{ max_connections: 200 }`, say. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Default: a free one, another at every start. */
  readonly port?: number;
}

export interface EmbeddedPostgres {
  /** With the superuser's name and password: a secret. */
  readonly url: string;
  readonly port: number;
  /** Of the postmaster. */
  readonly pid: number;
  /** Of the binaries. */
  readonly binDir: string;
  /** Fast shutdown, then the lock is given back. May be called more than once. */
  stop(): Promise<void>;
}

/**
 * PostgreSQL out of an npm package, on loopback, one a `dataDir`. What an earlier process left (an orphaned server,
 * half a cluster, a stale lock) is cleared up; nothing that was committed is lost.
 * @throws StartError when one runs there already, or when it cannot run on this machine
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  makeDataDir(dataDir);
  const user = runAs(clusterIn(dataDir).dataDir);
  const binaries = findPostgres(user, dataDir);
  const lock = acquireDataLock(dataDir);
  if (lock.outcome === 'held')
    throw new StartError(
      `Already running on ${dataDir} (process ${lock.pid}): stop it, or give this one its own DATA_DIR or a DATABASE_URL`,
    );
  try {
    await stopOrphan(clusterIn(dataDir));
    const cluster = await ensureCluster(dataDir, binaries, user);
    const settings = options.settings ?? {};
    const postmaster = await launch({
      cluster,
      binaries,
      user,
      settings,
      port: options.port,
      logFile: join(dataDir, 'postgres.log'),
    });
    const { pid, port, hasExited } = postmaster;
    // an exit without stop(), by an uncaught error say, must not leave it behind
    const atExit = () => void (hasExited() || process.kill(pid, 'SIGINT'));
    process.once('exit', atExit);
    const stopOnce = once(async () => {
      if (!hasExited()) await shutDown(pid, hasExited);
      process.off('exit', atExit);
      lock.release();
    });
    const password = readFileSync(cluster.passwordFile, 'utf8').trim();
    const url = `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
    return { url, port, pid, binDir: join(binaries.nativeDir, 'bin'), stop: stopOnce };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The place of the binaries, or undefined if this platform has none. Starts no server. */
export function binDir(): string | undefined {
  try {
    return join(packageRoot(), 'native', 'bin');
  } catch {
    return undefined;
  }
}

/** Stops the server that a killed process left in `dataDir`, if there is one and no process uses it. */
export async function stopOrphanIn(dataDir: string): Promise<void> {
  const at = resolve(dataDir);
  if (!existsSync(at)) return;
  const lock = acquireDataLock(at);
  if (lock.outcome === 'held') return;
  try {
    await stopOrphan(clusterIn(at));
  } finally {
    lock.release();
  }
}

function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new StartError(`DATA_DIR ${dataDir} cannot be made (${errorCode(cause)})`, { cause });
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
