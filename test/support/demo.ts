import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { stopOrphanIn } from '../../tools/embedded-postgres/index.js';
import { httpClient, type HttpClient } from './http.js';
import { freePort } from './redis-server.mjs';
import { noteProcess, scratchDir } from './run-environment.js';

const ENTRY = fileURLToPath(new URL('../../dist/apps/demo/src/main.js', import.meta.url));
// generous, because on a busy machine several start at once
const READY_WITHIN_MS = 90_000;

export interface DemoOptions {
  /** Environment of the contract, section 7. Of the caller's environment only PATH and the like is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default `express`. */
  readonly adapter?: 'express' | 'fastify';
  /** The directory of an earlier demo, to start again on its data. Default: a fresh one. */
  readonly dataDir?: string;
  /** Default true: resolves when `/health/ready` answers 200. */
  readonly untilReady?: boolean;
  readonly port?: number;
}

export interface DemoUser {
  readonly email: string;
  readonly password: string;
  readonly role: string;
}

export interface Demo {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly dataDir: string;
  /** As printed at the start, or as given by DEMO_USERS. */
  readonly users: readonly DemoUser[];
  /** A new client with an empty cookie jar. */
  client(): HttpClient;
  /** Everything printed so far, stdout and stderr in order of arrival. */
  output(): string;
  /** Sends SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Sends a signal; resolves when the process has exited, except for SIGSTOP and SIGCONT. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
  /** Resolves with the exit code when the process exits by itself. */
  readonly exited: Promise<number | null>;
}

/** The built demo as a separate process. @throws with its output if it exits before it is ready. */
export async function startDemo(options: DemoOptions = {}): Promise<Demo> {
  if (!existsSync(ENTRY)) throw new Error('The demo is not built: npm run build');
  const port = options.port ?? (await freePort());
  const dataDir = options.dataDir ?? scratchDir('demo');
  const own = {
    PORT: String(port),
    HOST: '127.0.0.1',
    DATA_DIR: dataDir,
    HTTP_ADAPTER: options.adapter ?? 'express',
    // without the local provider, which few tests need
    OIDC_PROVIDERS: '[]',
  };
  const child = spawn(process.execPath, ['--enable-source-maps', ENTRY], {
    env: { ...inherited(), ...own, ...options.env },
    cwd: dataDir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  await once(child, 'spawn');
  const pid = child.pid as number;
  noteProcess(pid);
  const exited = new Promise<number | null>((resolve) =>
    child.once('close', (code) => resolve(code)),
  );
  const hasExited = () => child.exitCode !== null || child.signalCode !== null;
  const kill = async (signal: NodeJS.Signals) => {
    if (!hasExited()) child.kill(signal);
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return null;
    if (signal !== 'SIGKILL') child.kill('SIGCONT');
    return exited;
  };
  const url = `http://127.0.0.1:${port}`;
  const demo: Demo = {
    url,
    port,
    pid,
    dataDir,
    kill,
    exited,
    get users() {
      return usersIn(options.env?.['DEMO_USERS'], printed);
    },
    client: () => httpClient(url),
    output: () => printed,
    async stop() {
      const code = await kill('SIGTERM');
      // a killed demo leaves its embedded Postgres running
      await stopOrphanIn(dataDir);
      return code;
    },
  };
  if (options.untilReady ?? true) await untilReady(demo, hasExited);
  return demo;
}

async function untilReady(demo: Demo, hasExited: () => boolean): Promise<void> {
  const client = demo.client();
  const until = performance.now() + READY_WITHIN_MS;
  for (;;) {
    if (hasExited())
      throw new Error(
        `The demo ended before it was ready (exit ${await demo.exited}):\n${demo.output()}`,
      );
    const status = await client.get('/health/ready').then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
    if (performance.now() > until) {
      await demo.kill('SIGKILL');
      throw new Error(
        `The demo was not ready in ${READY_WITHIN_MS} ms (last status ${status}):\n${demo.output()}`,
      );
    }
    await delay(25);
  }
}

function usersIn(configured: string | undefined, printed: string): DemoUser[] {
  if (configured) return configured.split(',').map((entry) => toUser(entry.trim().split(':')));
  return [...printed.matchAll(/^(\S+@\S+) (\S+) (\w+)$/gm)].map(([, ...parts]) => toUser(parts));
}

function toUser([email = '', password = '', role = '']: string[]): DemoUser {
  return { email, password, role };
}

function inherited(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'NODE_EXTRA_CA_CERTS'];
  return Object.fromEntries(
    names.flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name] as string]],
    ),
  );
}
