import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findServer } from './installed-server.mjs';
import { freePort } from './redis-server.mjs';
import { noteProcess } from './run-environment.js';
import { until } from './until.js';

export interface PgBouncer {
  /** The URL of the database through the pooler. */
  readonly url: string;
  stop(): Promise<void>;
}

/** PgBouncer in transaction mode, with the given number of connections to the database. */
export async function startPgBouncer(databaseUrl: string, connections: number): Promise<PgBouncer> {
  const binary = findServer('pgbouncer', { install: true });
  if (!binary) throw new Error('This test needs PgBouncer: install pgbouncer (apt, brew).');
  const port = await freePort();
  const behind = new URL(databaseUrl);
  const name = behind.pathname.slice(1);
  const target = {
    host: behind.hostname,
    port: behind.port || '5432',
    dbname: name,
    user: decodeURIComponent(behind.username),
    password: decodeURIComponent(behind.password),
  };
  const dir = mkdtempSync(join(tmpdir(), 'tokenward-pgbouncer-'));
  const file = join(dir, 'pgbouncer.ini');
  const settings = [
    '[databases]',
    `${name} = ${Object.entries(target)
      .map(([key, value]) => `${key}='${value.replaceAll("'", "''")}'`)
      .join(' ')}`,
    '[pgbouncer]',
    'pool_mode = transaction',
    `default_pool_size = ${connections}`,
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
  ];
  writeFileSync(file, settings.join('\n'), { mode: 0o644 });
  chmodSync(dir, 0o755);
  // it refuses to run as root
  const asOther = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn(binary, ['-q', ...asOther, file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000)));
  child.on('error', (error) => (log += error.message));
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  if (child.pid !== undefined) noteProcess(child.pid);
  await until(async () => {
    if (child.pid === undefined || child.exitCode !== null)
      throw new Error(`pgbouncer did not start: ${log}`);
    return isOpen(port);
  });
  const url = new URL(databaseUrl);
  [url.hostname, url.port] = ['127.0.0.1', String(port)];
  const stop = async () => {
    child.kill('SIGKILL');
    await gone;
    rmSync(dir, { recursive: true });
  };
  return { url: url.href, stop };
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });
}
