import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, type PeerCertificate } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from './support/databases.js';
import { DeviceAgent } from './support/device.js';
import { httpClient, type HttpClient } from './support/http.js';
import { freePort } from './support/redis-server.mjs';
import { noteProcess, scratchDir } from './support/run-environment.js';
import { until } from './support/until.js';

const SCRIPT = fileURLToPath(new URL('../tools/start-tls.mjs', import.meta.url));
const [EMAIL, PASSWORD] = ['tls@example.com', 'a quiet river at noon'];

interface Started {
  readonly port: number;
  readonly printed: () => string;
  readonly stop: () => Promise<number | null>;
}

let database: TestDatabase;
const dir = scratchDir('tls');
const running: Started[] = [];

async function start(adapter: string): Promise<Started> {
  const port = await freePort();
  const child = spawn(process.execPath, [SCRIPT], {
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      DATA_DIR: dir,
      HTTP_ADAPTER: adapter,
      DATABASE_URL: database.url,
      DEMO_USERS: `${EMAIL}:${PASSWORD}:user`,
    },
    cwd: dir,
  });
  noteProcess(child.pid ?? 0);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (text += String(chunk)));
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    return exited;
  };
  const started = { port, printed: () => text, stop };
  running.push(started);
  await until(() => {
    if (child.exitCode !== null) throw new Error(`it ended:\n${text}`);
    return text.includes('Tokenward demo on');
  }, 90_000);
  return started;
}

const certificateOf = (port: number): Promise<PeerCertificate> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: 'localhost', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate());
      socket.end();
    });
    socket.on('error', reject);
  });

let demo: Started;
let client: HttpClient;
beforeAll(async () => {
  database = await createDatabase();
  demo = await start('express');
  client = httpClient(`https://localhost:${String(demo.port)}`);
}, 120_000);
afterAll(async () => {
  for (const each of running) await each.stop();
  await database.drop();
});

describe('npm run start:tls', () => {
  // T-tls1
  it('speaks HTTPS with a certificate of its own, and names the address', async () => {
    expect(demo.printed()).toMatch(/Tokenward demo on https:\/\/127\.0\.0\.1:\d+\n/);
    expect(demo.printed()).toMatch(/--ignore-certificate-errors-spki-list=[A-Za-z0-9+/]{43}= /);
    const { subjectaltname, valid_to } = await certificateOf(demo.port);
    expect(subjectaltname).toBe('DNS:localhost, IP Address:127.0.0.1');
    expect(Date.parse(valid_to) - Date.now()).toBeLessThan(91 * 86_400_000);
    expect(readFileSync(join(dir, 'tls', 'localhost.key.pem'), 'utf8')).toContain('PRIVATE KEY');
    const answer = await client.get('/health/live');
    // it would hold for every server of this machine
    expect([answer.status, answer.headers['strict-transport-security']]).toEqual([200, undefined]);
  });

  // T-tls2
  it('binds a session: a copy of its cookies is refused at the next refresh, and the list shows which is bound', async () => {
    const login = await client.post('/auth/login', { email: EMAIL, password: PASSWORD });
    const agent = new DeviceAgent(client);
    const registered = await agent.register(login);
    expect([registered.status, registered.setCookies[0]]).toEqual([
      200,
      expect.stringMatching(/^access_token=.*; Max-Age=300; .*Secure/),
    ]);
    const thief = client.copy();
    expect((await thief.get('/me')).status).toBe(200);
    expect((await thief.post('/auth/refresh')).json()).toMatchObject({ code: 'device_required' });
    thief.jar.delete('access_token');
    expect((await thief.post('/auth/device/refresh')).status).toBe(403);
    expect((await thief.get('/me')).status).toBe(401);
    expect((await agent.refresh()).status).toBe(200);
    const sessions = (await client.get('/auth/sessions')).json<{ bound?: string }[]>();
    expect(sessions.map(({ bound }) => bound)).toEqual(['dbsc']);
  });

  it('keeps the certificate for the next start, on Fastify too', async () => {
    const { fingerprint256 } = await certificateOf(demo.port);
    const other = await start('fastify');
    expect((await certificateOf(other.port)).fingerprint256).toBe(fingerprint256);
    const second = httpClient(`https://localhost:${String(other.port)}`);
    const login = await second.post('/auth/login', { email: EMAIL, password: PASSWORD });
    expect(login.headers['secure-session-registration']).toMatch(/path="\/auth\/device"/);
    expect((await second.get('/')).text).toContain('<html');
  }, 120_000);
});
