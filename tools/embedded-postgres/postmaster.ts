import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StartError } from './start-error.js';
import type { PostgresBinaries } from './binaries.js';
import { cleanEnvironment, dataDirArgument, type Cluster } from './cluster.js';
import type { RunAs } from './identity.js';
import { isPostmasterOf, isSignalable, processIdentity } from './process-identity.js';

const READY_WITHIN_MS = 60_000;
const RETRY_WITHIN_MS = 15_000;
/** Reasons to try again: the port was taken in the meantime, or backends of a killed postmaster are still leaving. */
const PASSING =
  /could not bind|could not create any TCP\/IP sockets|pre-existing shared memory block|is another postmaster/;

export interface Launch {
  readonly cluster: Cluster;
  readonly binaries: PostgresBinaries;
  readonly user: RunAs | undefined;
  readonly logFile: string;
  /** Server settings beside those that are fixed here. */
  readonly settings: Readonly<Record<string, string | number>>;
  /** Default: a free one. */
  readonly port?: number;
}

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly hasExited: () => boolean;
}

/** Starts Postgres on loopback TCP only and resolves when it takes connections. */
export async function launch(options: Launch): Promise<Postmaster> {
  const giveUpAt = performance.now() + RETRY_WITHIN_MS;
  for (;;) {
    const port = options.port ?? (await freePort());
    const child = start(options, port);
    const ready = await untilReady(child, options.cluster);
    if (ready)
      return {
        pid: child.pid as number,
        port,
        hasExited: () => child.exitCode !== null || child.signalCode !== null,
      };
    const log = readFileSync(options.logFile, 'utf8');
    if (!PASSING.test(log) || performance.now() > giveUpAt) {
      const reason = /(?:FATAL|PANIC):\s+(.*)/.exec(log)?.[1] ?? 'it did not become ready';
      throw new StartError(
        `Embedded PostgreSQL did not start (${reason}); its log is ${options.logFile}`,
      );
    }
    await delay(200);
    // an orphan that had not written its pid file when it was looked for
    await stopOrphan(options.cluster);
  }
}

/**
 * Fast shutdown: transactions under way are rolled back, what was committed stays. Harder means are as safe for what
 * was committed.
 */
export async function shutDown(pid: number, isGone: () => boolean): Promise<void> {
  for (const [signal, patienceMs] of [
    ['SIGINT', 5_000],
    ['SIGQUIT', 1_500],
    ['SIGKILL', 3_000],
  ] as const) {
    try {
      process.kill(pid, signal);
      // a stopped process takes nothing but SIGKILL
      if (process.platform !== 'win32') process.kill(pid, 'SIGCONT');
    } catch {
      return;
    }
    const until = performance.now() + patienceMs;
    while (performance.now() < until) {
      if (isGone()) return;
      await delay(10);
    }
  }
}

/**
 * Stops a postmaster that a killed demo left behind. It is touched only when it is shown to be one of this data
 * directory; the caller holds the lock of DATA_DIR.
 */
export async function stopOrphan(cluster: Cluster): Promise<void> {
  const pid = readPidFile(cluster)?.pid;
  if (pid === undefined) return;
  if (isPostmasterOf(pid, cluster.dataDir)) {
    const identity = processIdentity(pid);
    await shutDown(pid, () => processIdentity(pid) !== identity);
    if (processIdentity(pid) === identity)
      throw new StartError(
        `An earlier PostgreSQL (process ${pid}) still runs on ${cluster.dataDir} and does not stop`,
      );
  }
  // the pid belongs to another program now, and Postgres would take it for a running server
  if (isSignalable(pid)) rmSync(join(cluster.dataDir, 'postmaster.pid'), { force: true });
}

function start({ cluster, binaries, user, logFile, settings }: Launch, port: number): ChildProcess {
  const all = {
    ...settings,
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
  };
  const args = [
    '-D',
    dataDirArgument(cluster, user),
    ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const log = openSync(logFile, 'w', 0o600);
  try {
    // its own process group: Ctrl-C in the terminal must not stop it while requests are still being finished
    const child = spawn(binaries.postgres, args, {
      cwd: cluster.dataDir,
      env: cleanEnvironment(),
      stdio: ['ignore', log, log],
      detached: true,
      ...user,
    });
    child.on('error', () => undefined);
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

async function untilReady(child: ChildProcess, cluster: Cluster): Promise<boolean> {
  const until = performance.now() + READY_WITHIN_MS;
  while (performance.now() < until) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null)
      return false;
    const file = readPidFile(cluster);
    if (file?.pid === child.pid && file.isReady) return true;
    await delay(10);
  }
  child.kill('SIGKILL');
  return false;
}

function readPidFile(cluster: Cluster): { pid: number; isReady: boolean } | undefined {
  try {
    const lines = readFileSync(join(cluster.dataDir, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    return Number.isSafeInteger(pid) && pid > 1
      ? { pid, isReady: lines[7]?.trim() === 'ready' }
      : undefined;
  } catch {
    return undefined;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
