import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { bundle } from '../../test/support/bundle.js';
import { noteProcess, scratchDir } from '../../test/support/run-environment.js';
import { startEmbeddedPostgres, stopOrphanIn } from './index.js';
import { processIdentity } from './process-identity.js';

// each starts several servers, on machines that may be busy
jest.setTimeout(120_000);

let script: string;
const children: ChildProcess[] = [];
const dirs: string[] = [];

beforeAll(async () => {
  const module = await bundle('tools/embedded-postgres/index.ts');
  script = join(module, '..', 'hold.mjs');
  writeFileSync(
    script,
    `import { startEmbeddedPostgres } from ${JSON.stringify(pathToFileURL(module).href)};
     const server = await startEmbeddedPostgres({ dataDir: process.argv[2] }).catch((e) => { console.log(e.name + ': ' + e.message); process.exit(1); });
     console.log(JSON.stringify({ url: server.url, pid: server.pid }));
     process.on('SIGTERM', () => server.stop().then(() => process.exit(0)));
     setInterval(() => {}, 1000);`,
  );
});

afterEach(async () => {
  for (const child of children.splice(0)) if (isRunning(child)) await killed(child, 'SIGKILL');
  for (const dir of dirs.splice(0)) {
    await stopOrphanIn(dir);
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
});

afterAll(() => rmSync(join(script, '..'), { recursive: true, force: true }));

describe('embedded PostgreSQL', () => {
  it('keeps its data over a stop, in files that other users cannot read', async () => {
    const dir = freshDir();
    const first = await startEmbeddedPostgres({ dataDir: dir });
    await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS n');
    expect(await query(first.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
    expect(await query(first.url, 'SHOW listen_addresses')).toEqual([
      { listen_addresses: '127.0.0.1' },
    ]);
    await first.stop();
    await first.stop();
    expect(processIdentity(first.pid)).toBeUndefined();
    const second = await startEmbeddedPostgres({ dataDir: dir });
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
    await second.stop();
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, 'postgres', 'data')).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, 'postgres', 'password')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'postgres.log')).mode & 0o777).toBe(0o600);
  });

  it('refuses a wrong password and no password', async () => {
    const server = await startEmbeddedPostgres({ dataDir: freshDir() });
    const url = new URL(server.url);
    url.password = 'guess';
    await expect(query(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    url.password = '';
    await expect(query(url.href, 'SELECT 1')).rejects.toThrow(/password/);
    await server.stop();
  });

  it('says in one line that it is already running, from this process and from another', async () => {
    const dir = freshDir();
    const first = await startEmbeddedPostgres({ dataDir: dir });
    const line = new RegExp(
      `^Already running on \\S+ \\(process ${process.pid}\\): .*DATA_DIR.*DATABASE_URL$`,
    );
    await expect(startEmbeddedPostgres({ dataDir: dir })).rejects.toMatchObject({
      name: 'StartError',
      message: expect.stringMatching(line),
    });
    const other = hold(dir);
    expect(await other.line).toMatch(/^StartError: Already running on/);
    expect((await once(other.child, 'close'))[0]).toBe(1);
    expect(await query(first.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    await first.stop();
  });

  it('lets exactly one of several simultaneous starts run', async () => {
    const dir = freshDir();
    const lines = await Promise.all([1, 2, 3, 4].map(() => hold(dir).line));
    expect(lines.filter((line) => line.startsWith('{'))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('StartError: Already running'))).toHaveLength(3);
  });

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'stops the orphan of a killed process (its own state: %s) without data loss',
    async (signal) => {
      const dir = freshDir();
      const held = hold(dir);
      const { url, pid } = JSON.parse(await held.line) as { url: string; pid: number };
      await query(url, 'CREATE TABLE committed AS SELECT generate_series(1, 1000) AS n');
      await killed(held.child, 'SIGKILL');
      expect(processIdentity(pid)).toBeDefined();
      process.kill(pid, signal);
      const next = await startEmbeddedPostgres({ dataDir: dir });
      expect(processIdentity(pid)).toBeUndefined();
      expect(await query(next.url, 'SELECT count(*)::int AS n FROM committed')).toEqual([
        { n: 1000 },
      ]);
      await next.stop();
    },
  );

  it('does not touch a foreign process that has the pid in the pid file', async () => {
    const dir = freshDir();
    await (await startEmbeddedPostgres({ dataDir: dir })).stop();
    const foreign = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      stdio: 'ignore',
    });
    children.push(foreign);
    writeFileSync(
      join(dir, 'postgres', 'data', 'postmaster.pid'),
      `${foreign.pid}\n/proc/self/cwd\n1\n1\n\n127.0.0.1\n1 1\nready\n`,
    );
    const server = await startEmbeddedPostgres({ dataDir: dir });
    expect(await query(server.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    expect(isRunning(foreign)).toBe(true);
    await server.stop();
  });

  it('takes over a lock whose pid belongs to another program by now', async () => {
    const dir = freshDir();
    mkdirSync(dir, { mode: 0o700 });
    writeFileSync(
      join(dir, 'embedded.lock.7'),
      JSON.stringify({ pid: process.ppid, identity: 'an earlier boot:1' }),
    );
    const server = await startEmbeddedPostgres({ dataDir: dir });
    expect(readdirSync(dir).filter((name) => name.startsWith('embedded.lock'))).toEqual([
      'embedded.lock.8',
    ]);
    await server.stop();
    expect(readdirSync(dir).filter((name) => name.startsWith('embedded.lock'))).toEqual([]);
  });

  it('starts after a SIGKILL at any moment of the first start', async () => {
    const dir = freshDir();
    for (const afterMs of [60, 120, 200, 300, 450, 600, 700, 800, 900]) {
      const held = hold(dir);
      const timer = new Promise((resolve) => setTimeout(resolve, afterMs));
      await timer;
      await killed(held.child, 'SIGKILL');
    }
    const server = await startEmbeddedPostgres({ dataDir: dir });
    expect(await query(server.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    await server.stop();
    expect(readdirSync(dir).sort()).toEqual(['postgres', 'postgres.log']);
  });

  it('names a cluster of another major version', async () => {
    const dir = freshDir();
    mkdirSync(join(dir, 'postgres', 'data'), { recursive: true, mode: 0o700 });
    writeFileSync(join(dir, 'postgres', 'data', 'PG_VERSION'), '16\n');
    await expect(startEmbeddedPostgres({ dataDir: dir })).rejects.toThrow(
      /made by PostgreSQL 16, this is 18/,
    );
    expect(readdirSync(dir)).toEqual(['postgres']);
  });

  it('keeps statements and values out of its log', async () => {
    const dir = freshDir();
    const server = await startEmbeddedPostgres({ dataDir: dir });
    await query(server.url, 'CREATE TABLE people (email text UNIQUE)');
    await query(server.url, `INSERT INTO people VALUES ('eve@example.com')`);
    await expect(
      query(server.url, `INSERT INTO people VALUES ('eve@example.com')`),
    ).rejects.toMatchObject({
      code: '23505',
    });
    await server.stop();
    const log = readFileSync(join(dir, 'postgres.log'), 'utf8');
    expect(log).toContain('people_email_key');
    expect(log).not.toContain('eve@example.com');
  });

  it('names DATA_DIR when it cannot be made', async () => {
    const file = join(scratchDir('file'), 'file');
    writeFileSync(file, '');
    chmodSync(file, 0o600);
    await expect(startEmbeddedPostgres({ dataDir: join(file, 'data') })).rejects.toThrow(
      /^DATA_DIR .* cannot be made \(ENOTDIR\)$/,
    );
  });
});

function freshDir(): string {
  const dir = join(scratchDir('embedded'), 'data');
  dirs.push(dir);
  return dir;
}

function hold(dir: string): { child: ChildProcess; line: Promise<string> } {
  const child = spawn(process.execPath, [script, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  if (child.pid !== undefined) noteProcess(child.pid);
  const line = new Promise<string>((resolve) =>
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim())),
  );
  return { child, line };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function killed(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (!isRunning(child)) return;
  child.kill(signal);
  await once(child, 'exit');
}

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(statement)).rows as unknown[];
  } finally {
    await client.end();
  }
}
