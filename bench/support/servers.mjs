// Real servers for the benches: DATABASE_URL and REDIS_URL when given, else their own on loopback, stopped at the end.
import { mkdtempSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findServer } from '../../test/support/installed-server.mjs';
import { freePort, startRedis } from '../../test/support/redis-server.mjs';

const root = new URL('../../', import.meta.url);
export const dist = (path) => new URL(`dist/${path}`, root).href;
const entryOf = (app) => fileURLToPath(new URL(`dist/apps/${app}/src/main.js`, root));

export async function startServers() {
  const { startEmbeddedPostgres } = await import(dist('tools/embedded-postgres/index.js'));
  const dir = mkdtempSync(join(tmpdir(), 'tokenward-bench-'));
  const undo = [() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 })];
  let databaseUrl = process.env.DATABASE_URL;
  if (!databaseUrl) {
    const postgres = await startEmbeddedPostgres({
      dataDir: join(dir, 'pg'),
      settings: { max_connections: 1000, shared_buffers: '256MB' },
    });
    undo.push(() => postgres.stop());
    databaseUrl = postgres.url;
  }
  let redisUrl = process.env.REDIS_URL;
  if (!redisUrl) {
    const redis = await startOwnRedis(dir);
    undo.push(() => redis.kill('SIGTERM'));
    redisUrl = redis.url;
  }
  return {
    databaseUrl,
    redisUrl,
    dir,
    stop: async () => {
      for (const step of undo.reverse()) await step();
    },
  };
}

/** One to be killed, whatever REDIS_URL says. */
export function startOwnRedis(dir) {
  const binary = findServer('redis-server', { install: true });
  if (!binary) throw new Error('no redis-server: set REDIS_URL');
  return startRedis({ binary, dir });
}

/** The built demo as a process of its own. */
export async function startDemo(env) {
  const dataDir = mkdtempSync(join(tmpdir(), 'tokenward-bench-demo-'));
  const demo = await startApp('demo', { DATA_DIR: dataDir, LOGIN_THROTTLE: 'off', ...env });
  const stop = async () => {
    await demo.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { ...demo, stop };
}

/** The built orders service, which only verifies. */
export function startOrders(env) {
  return startApp('orders', env);
}

async function startApp(name, env) {
  const port = await freePort();
  const child = spawn(process.execPath, [entryOf(name)], {
    env: { PATH: process.env.PATH, PORT: String(port), ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null || tries > 600) throw new Error(`${name} did not start`);
    const ready = await fetch(`${url}/health/ready`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) break;
    await delay(50);
  }
  const stop = async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  };
  return { url, child, stop };
}
