import { execFileSync } from 'node:child_process';
import { startEmbeddedPostgres } from '../../tools/embedded-postgres/index.js';
import { freePort, startRedis } from './redis-server.mjs';
import { given, noteProcess, scratchDir } from './run-environment.js';

/** A server for one spec, which can stop, hang or kill it. The port survives restarts. */
export interface PrivateServer {
  readonly url: string;
  readonly port: number;
  /** The pid of the current process. */
  pid(): number;
  /** SIGSTOP pauses it, SIGCONT continues it; SIGTERM and SIGKILL resolve when it has exited. */
  kill(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts it again after a kill, on the same port and directory. */
  start(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface PrivateRedisOptions {
  readonly port?: number;
  /** For example `['--appendonly', 'yes']`. By default no data survives a restart. */
  readonly args?: readonly string[];
}

/** A node of a cluster. The default of its second port, ten thousand above, may be in use or no port at all. */
export async function clusterArgs(): Promise<readonly string[]> {
  return ['--cluster-enabled', 'yes', '--cluster-port', String(await freePort())];
}

export async function privateRedis(
  options: PrivateRedisOptions = {},
): Promise<PrivateServer & { readonly dir: string }> {
  const dir = scratchDir('redis');
  const launch = async (port?: number) => {
    const started = await startRedis({
      binary: given('TEST_REDIS_SERVER'),
      dir,
      port,
      args: options.args,
    });
    noteProcess(started.pid);
    return started;
  };
  let server = await launch(options.port);
  const { url, port } = server;
  const start = async () => void (server = await launch(port));
  const stop = () => server.kill('SIGTERM');
  return {
    url,
    port,
    dir,
    start,
    stop,
    pid: () => server.pid,
    kill: (signal) => server.kill(signal),
    restart: () => stop().then(start),
  };
}

export interface PrivatePostgresOptions {
  readonly settings?: Readonly<Record<string, string | number>>;
}

/** A separate embedded PostgreSQL, whatever DATABASE_URL says. Takes about one second. */
export async function privatePostgres(
  options: PrivatePostgresOptions = {},
): Promise<PrivateServer & { readonly dir: string }> {
  const dir = scratchDir('postgres');
  const launch = async (port?: number) => {
    const started = await startEmbeddedPostgres({ dataDir: dir, settings: options.settings, port });
    noteProcess(started.pid);
    return started;
  };
  let server = await launch();
  const { url, port } = server;
  const start = async () => void (server = await launch(port));
  const stop = () => server.stop();
  return {
    url,
    port,
    dir,
    start,
    stop,
    pid: () => server.pid,
    async kill(signal) {
      if (signal === 'SIGTERM') return stop();
      // backends are separate sessions, so each of them must be stopped or continued
      const pids = signal === 'SIGKILL' ? [server.pid] : [server.pid, ...childrenOf(server.pid)];
      for (const pid of pids) signalQuietly(pid, signal);
      if (signal === 'SIGKILL') await stop();
    },
    restart: () => stop().then(start),
  };
}

function childrenOf(parent: number): number[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, ppid]) => ppid === parent)
    .map(([pid]) => pid as number);
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // the process has exited meanwhile
  }
}
