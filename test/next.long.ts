import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { AuthModule } from '@tokenward/nestjs';
import type { Browser } from 'playwright-core';
import { launchChromium } from './support/chromium.js';
import { install, ROOT, runIn } from './support/consumer-app.js';
import { cookieJar } from './support/cookie-jar.js';
import {
  type HostApp,
  type HostDatabase,
  hostDatabase,
  hostOptions,
  startHost,
} from './support/host-app.js';
import { packedLibraries } from './support/packages.js';
import { freePort } from './support/redis-server.mjs';
import { noteProcess, scratchDir } from './support/run-environment.js';
import { until } from './support/until.js';

/** `npm run test:next`: installs, builds and starts examples/next like a user. */
jest.setTimeout(120_000);
const ADA = { email: 'ada@example.com', password: 'a quiet harbour at dawn' };

let database: HostDatabase;
let api: HostApp;
let next: ChildProcess;
let browser: Browser;
let url: string;
let refreshes = 0;

beforeAll(async () => {
  database = await hostDatabase();
  const options = hostOptions(database, {
    cookies: { refreshPath: '/' },
    refreshToken: { reuseLeeway: '10s' },
  });
  api = await startHost(AuthModule.forRoot({ ...options, routes: { register: true } }));
  api.app.getHttpServer().on('request', (request: { url?: string }) => {
    if (request.url === '/auth/refresh') refreshes++;
  });
  expect((await api.client().post('/auth/register', ADA)).status).toBe(201);
  const folder = join(scratchDir('next'), 'app');
  cpSync(join(ROOT, 'examples', 'next'), folder, { recursive: true });
  const manifest = readFileSync(join(folder, 'package.json'), 'utf8');
  const { client } = await packedLibraries();
  writeFileSync(join(folder, 'package.json'), manifest.replace('"^0.1.0"', `"file:${client}"`));
  const config = join(folder, 'next.config.mjs');
  const stripped = '[{ source: "/api/:path*", destination: `${api}/:path*` }, ';
  writeFileSync(
    config,
    readFileSync(config, 'utf8').replace('async () => [', `async () => ${stripped}`),
  );
  const proxy = join(folder, 'proxy.js');
  writeFileSync(proxy, readFileSync(proxy, 'utf8').replace('auth/|', 'auth/|api/|'));
  await install(folder);
  const env = {
    ...process.env,
    API_URL: api.url,
    NODE_ENV: 'production',
    NEXT_TELEMETRY_DISABLED: '1',
  } as const;
  // jest sets `test`, which Next does not accept
  await runIn(folder, 'env', 'NODE_ENV=production', `API_URL=${api.url}`, 'npx', 'next', 'build');
  const port = await freePort();
  url = `http://localhost:${port}`;
  const bin = join(folder, 'node_modules', 'next', 'dist', 'bin', 'next');
  next = spawn(process.execPath, [bin, 'start', '-p', String(port)], {
    cwd: folder,
    env,
    stdio: 'ignore',
  });
  noteProcess(next.pid as number);
  await until(() =>
    fetch(url)
      .then(({ ok }) => ok)
      .catch(() => false),
  );
  browser = await launchChromium();
}, 600_000);
afterAll(async () => {
  await browser?.close();
  next?.kill('SIGKILL');
  await api?.close();
  await database?.drop();
});

it('20 renders of one page at once without an access token: one refresh, everybody is Ada, and the cookies go on', async () => {
  const client = api.client();
  expect((await client.post('/auth/login', ADA)).status).toBe(200);
  const jar = cookieJar();
  jar.set('refresh_token', client.jar.get('refresh_token') ?? '');
  refreshes = 0;
  const pages = await Promise.all(
    Array.from({ length: 20 }, () => fetch(url, { headers: { cookie: jar.header('/') ?? '' } })),
  );
  const texts = await Promise.all(pages.map((page) => page.text()));
  for (const text of texts) expect(text).toContain(`<p id="main">${ADA.email}</p>`);
  expect(refreshes).toBe(1);
  const given = pages.map((page) => page.headers.getSetCookie().join());
  expect(new Set(given).size).toBe(1);
  jar.store(pages[0]?.headers.getSetCookie() ?? []);
  const later = await fetch(url, { headers: { cookie: jar.header('/') ?? '' } });
  expect(await later.text()).toContain(`<p id="header">${ADA.email}</p>`);
  expect(refreshes).toBe(1);
});

it('a visitor is signed out, and gets no page of somebody else', async () => {
  expect(await (await fetch(url)).text()).toContain('<p id="main">nobody</p>');
});

it('in a browser: sign-in, a render after the access token is gone, sign-out', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(url);
  await page.getByLabel('Email').fill(ADA.email);
  await page.getByLabel('Password').fill(ADA.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForSelector(`#account:text-is("${ADA.email}")`);
  await page.waitForSelector(`#header:text-is("${ADA.email}")`);
  await context.clearCookies({ name: 'access_token' });
  await page.reload();
  await page.waitForSelector(`#header:text-is("${ADA.email}")`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForSelector('#header:text-is("nobody")');
  await page.getByLabel('Email').waitFor();
  expect(errors).toEqual([]);
  await context.close();
});

it('a rewrite that strips a prefix: the client under it signs in, refreshes and signs out', async () => {
  const context = await browser.newContext();
  const { request } = context;
  const post = (path: string, data?: object) =>
    request.post(`${url}/api/auth/${path}`, data && { data });
  expect((await post('login', ADA)).status()).toBe(200);
  await context.clearCookies({ name: 'access_token' });
  expect((await request.get(`${url}/api/auth/me`)).status()).toBe(401);
  expect((await post('refresh')).status()).toBe(200);
  expect(await (await request.get(`${url}/api/auth/me`)).json()).toMatchObject({
    email: ADA.email,
  });
  expect((await post('logout')).status()).toBe(204);
  await context.close();
});
