import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AuthModule, type AuthModuleOptions } from '@tokenward/nestjs';
import type { Browser } from 'playwright-core';
import { launchChromium } from './support/chromium.js';
import { install, ROOT, writeFiles } from './support/consumer-app.js';
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

/**
 * `npm run test:proxies`: tests what docs/development.md says about Vite, with its snippets, an installed client and a
 * browser.
 */
jest.setTimeout(120_000);
const ADA = { email: 'ada@example.com', password: 'a quiet harbour at dawn' };
const [kept = '', stripped = ''] = [
  ...readFileSync(join(ROOT, 'docs', 'development.md'), 'utf8').matchAll(
    /^```js\n([\s\S]*?)^```$/gm,
  ),
].map(([, code = '']) => code);

let folder: string;
let browser: Browser;

beforeAll(async () => {
  folder = join(scratchDir('vite'), 'app');
  const { client } = await packedLibraries();
  const dependencies = { '@tokenward/client': `file:${client}`, vite: '^8.0.0' };
  writeFiles(folder, [
    ['package.json', JSON.stringify({ private: true, type: 'module', dependencies })],
    ['index.html', '<!doctype html><title>…</title><script type="module" src="/main.js"></script>'],
  ]);
  await install(folder);
  browser = await launchChromium();
}, 300_000);
afterAll(() => browser?.close());

describe.each<[string, string, string, AuthModuleOptions['cookies'], string]>([
  ['nothing is stripped', kept, '', undefined, '/auth'],
  [
    '`/api` is stripped',
    stripped,
    `{ baseUrl: '/api' }`,
    { refreshPath: '/api/auth' },
    '/api/auth',
  ],
])('behind a proxy of Vite where %s', (_, config, options, cookies, path) => {
  let database: HostDatabase;
  let api: HostApp;
  let vite: ChildProcess;
  let url: string;
  beforeAll(async () => {
    database = await hostDatabase();
    api = await startHost(
      AuthModule.forRoot({ ...hostOptions(database, { cookies }), routes: { register: true } }),
    );
    expect((await api.client().post('/auth/register', ADA)).status).toBe(201);
    expect(config).toContain('http://127.0.0.1:3000');
    writeFiles(folder, [
      ['vite.config.js', config.replaceAll('http://127.0.0.1:3000', api.url)],
      [
        'main.js',
        `import { createAuthClient } from '@tokenward/client';\nwindow.auth = createAuthClient(${options});`,
      ],
    ]);
    const port = await freePort();
    url = `http://localhost:${String(port)}`;
    const bin = join(folder, 'node_modules', 'vite', 'bin', 'vite.js');
    vite = spawn(process.execPath, [bin, '--port', String(port), '--strictPort'], {
      cwd: folder,
      stdio: 'ignore',
    });
    noteProcess(vite.pid as number);
    await until(
      () =>
        fetch(url).then(
          ({ ok }) => ok,
          () => false,
        ),
      60_000,
    );
  });
  afterAll(async () => {
    vite?.kill('SIGKILL');
    await api?.close();
    await database?.drop();
  });

  it('a sign-in, a refresh after a reload, and a sign-out', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    /** A call of the page's client, and the content of its answer. */
    const call = (code: string) => page.evaluate<unknown>(`(async () => (${code}))()`);
    const arrive = async () => {
      await page.goto(url);
      await page.waitForFunction('window.auth');
    };
    await arrive();
    expect(await call(`(await auth.login(${JSON.stringify(ADA)})).email`)).toBe(ADA.email);
    const [refresh] = (await context.cookies(`${url}${path}`)).filter(({ name }) =>
      name.endsWith('refresh_token'),
    );
    expect(refresh?.path).toBe(path);
    await context.clearCookies({ name: /access_token$/ });
    await arrive();
    expect(await call('(await auth.session()).id')).toEqual(expect.any(String));
    expect(await call('auth.refresh()')).toBe('refreshed');
    await call('auth.logout()');
    await arrive();
    expect(await call('auth.session()')).toBeUndefined();
    await context.close();
  });
});
