import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { httpClient, type HttpClient } from './http.js';
import { freePort } from './redis-server.mjs';
import { noteProcess } from './run-environment.js';

const ENTRY = fileURLToPath(new URL('../../dist/apps/orders/src/main.js', import.meta.url));
const READY_WITHIN_MS = 30_000;

export interface Orders {
  readonly url: string;
  readonly pid: number;
  client(): HttpClient;
  output(): string;
  stop(): Promise<number | null>;
  readonly exited: Promise<number | null>;
}

/** The built orders service as a separate process. `untilReady` false: does not wait until it is ready. */
export async function startOrders(
  env: Readonly<Record<string, string>>,
  untilReady = true,
): Promise<Orders> {
  if (!existsSync(ENTRY)) throw new Error('The orders service is not built: npm run build');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, ['--enable-source-maps', ENTRY], {
    env: { PATH: process.env['PATH'], PORT: String(port), ...env },
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
  const orders: Orders = {
    url,
    pid,
    exited,
    client: () => httpClient(url),
    output: () => printed,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
  const until = performance.now() + READY_WITHIN_MS;
  while (untilReady) {
    const answer = await orders
      .client()
      .get('/health/ready')
      .catch(() => undefined);
    if (answer?.status === 200) break;
    if (child.exitCode !== null || performance.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`The orders service was not ready:\n${printed}`);
    }
    await delay(25);
  }
  return orders;
}
