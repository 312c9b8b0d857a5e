import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { httpClient, type HttpClient } from './http.js';
import { freePort } from './redis-server.mjs';
import { noteProcess } from './run-environment.js';

// generous, because on a busy machine several start at once
const READY_WITHIN_MS = 90_000;

/** An application of the build, as a process of its own. */
export interface BuiltApp {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** A new client with an empty cookie jar. */
  client(): HttpClient;
  /** Everything printed so far, stdout and stderr in order of arrival. */
  output(): string;
  /** Sends a signal; resolves when the process has exited, except for SIGSTOP and SIGCONT. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
  /** Resolves with the exit code when the process exits by itself. */
  readonly exited: Promise<number | null>;
}

export interface BuiltAppOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly port?: number;
  /** Default true: resolves when `/health/ready` answers 200. */
  readonly untilReady?: boolean;
}

/** @throws with the output if the process exits before it is ready. */
export async function startBuilt(
  name: 'demo' | 'orders',
  { env, cwd, port: given, untilReady: waits = true }: BuiltAppOptions,
): Promise<BuiltApp> {
  const entry = fileURLToPath(new URL(`../../dist/apps/${name}/src/main.js`, import.meta.url));
  if (!existsSync(entry)) throw new Error(`apps/${name} is not built: npm run build`);
  const port = given ?? (await freePort());
  const child = spawn(process.execPath, ['--enable-source-maps', entry], {
    env: { PORT: String(port), ...env },
    cwd,
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
  const url = `http://127.0.0.1:${port}`;
  const app: BuiltApp = {
    url,
    port,
    pid,
    exited,
    client: () => httpClient(url),
    output: () => printed,
    async kill(signal) {
      if (!hasExited()) child.kill(signal);
      if (signal === 'SIGSTOP' || signal === 'SIGCONT') return null;
      if (signal !== 'SIGKILL') child.kill('SIGCONT');
      return exited;
    },
  };
  if (waits) await untilReady(app, hasExited);
  return app;
}

async function untilReady(app: BuiltApp, hasExited: () => boolean): Promise<void> {
  const client = app.client();
  const until = performance.now() + READY_WITHIN_MS;
  for (;;) {
    if (hasExited())
      throw new Error(`It ended before it was ready (exit ${await app.exited}):\n${app.output()}`);
    const status = await client.get('/health/ready').then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
    if (performance.now() > until) {
      await app.kill('SIGKILL');
      throw new Error(
        `It was not ready in ${READY_WITHIN_MS} ms (last status ${status}):\n${app.output()}`,
      );
    }
    await delay(25);
  }
}
