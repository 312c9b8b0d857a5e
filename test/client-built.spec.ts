import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from '@jest/globals';
import type * as Client from '@tokenward/client';
import type * as Account from '@tokenward/client/account';
import type * as Factors from '@tokenward/client/factors';
import type * as Axios from '@tokenward/client/axios';
import type * as React from '@tokenward/client/react';
import type { SessionState, SessionStore } from '../libs/client/src/session-store.js';
import { fakeBrowser } from '../libs/client/src/fake-browser.fixture.js';
import { fakeServer, type FakeServer } from '../libs/client/src/fake-server.fixture.js';

const dist = mkdtempSync(join(tmpdir(), 'client-built-'));
const built = spawnSync(process.execPath, ['tools/build-client.mjs', '--out', dist], {
  encoding: 'utf8',
});
const credentials = { email: 'ada@example.com', password: 'a quiet river' };
const baseUrl = 'https://api.test';
/** What the hook passes to React. */
let followed: Pick<SessionStore, 'subscribe' | 'get'> | undefined;

const react = {
  createContext: () => ({}),
  useContext: () => undefined,
  useSyncExternalStore(
    subscribe: SessionStore['subscribe'],
    get: () => SessionState,
  ): SessionState {
    followed = { subscribe, get };
    return get();
  },
};
const loaded = new Map<string, object>();

const { createAuthClient, AuthClientError, memoryStore } = load<typeof Client>('index');
const { axiosTransport } = load<typeof Axios>('axios');
const { useSession } = load<typeof React>('react');
const { endSession } = load<typeof Account>('account');
const { loginWithSecondFactor } = load<typeof Factors>('factors');
let server: FakeServer;
let browser: ReturnType<typeof fakeBrowser>;
const clients: Client.AuthClient[] = [];
const later = (durationMs: number) => new Promise((resolve) => setTimeout(resolve, durationMs));

beforeEach(() => {
  server = fakeServer();
  browser = fakeBrowser();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  browser.restore();
});
afterAll(() => {
  rmSync(dist, { recursive: true, force: true });
});

/** The built package, not its sources. */
function load<T>(entry: string): T {
  const before = loaded.get(entry);
  if (before) return before as T;
  const module = { exports: {} };
  const text = readFileSync(join(dist, `${entry}.cjs`), 'utf8');
  const require = (name: string): object => (name === 'react' ? react : load('index'));
  // the bundle, with a React that renders nothing
  (
    new Function('module', 'require', text) as (
      module: object,
      require: (name: string) => object,
    ) => void
  )(module, require);
  loaded.set(entry, module.exports);
  return module.exports as T;
}

function open(options: Client.AuthClientOptions) {
  const client = createAuthClient({ baseUrl, refreshAheadMs: 0, fetch: server.fetch, ...options });
  clients.push(client);
  const events: string[] = [];
  client.on('signedIn', () => void events.push('signedIn'));
  client.on('refreshed', () => void events.push('refreshed'));
  client.on('signedOut', ({ reason }) => void events.push(`signedOut: ${reason}`));
  return { client, events };
}

/** A host's keychain, whose own members have typical names. */
class HostStore implements Client.TokenStore {
  readonly calls: string[] = [];
  known: Client.StoredTokens | undefined;
  read(): Client.StoredTokens | undefined {
    this.calls.push('read');
    return this.known;
  }
  write(tokens: Client.StoredTokens | undefined): void {
    this.calls.push(
      `write ${Object.keys(JSON.parse(JSON.stringify(tokens ?? {})) as object).join()}`,
    );
    this.known = tokens;
  }
  get(): Client.StoredTokens | undefined {
    return this.read();
  }
  set(tokens: Client.StoredTokens | undefined): void {
    this.write(tokens);
  }
}

it('the types of the core, and of pages on a server, need no DOM', () => {
  const modules = join(process.cwd(), 'node_modules');
  const typesOf = (name: string) => `./types/client/src/${name}.d.ts`;
  const compilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: false,
    target: 'es2023',
    lib: ['es2023'],
    module: 'nodenext',
    types: ['node'],
    typeRoots: [join(modules, '@types')],
    paths: { '@tokenward/client': [typesOf('index')] },
  };
  const files = ['index', 'server', 'account', 'axios'].map(typesOf);
  const config = join(dist, 'tsconfig.json');
  writeFileSync(config, JSON.stringify({ compilerOptions, files }));
  const tsc = join(modules, 'typescript/bin/tsc');
  const said = spawnSync(process.execPath, [tsc, '-p', config], { encoding: 'utf8' });
  expect(said.stdout).toBe('');
}, 120_000);

it('the build does not rename members of the public API, bodies, messages or the platform', () => {
  const [, list = ''] =
    /mangleProps:\s+\/\^\((.*)\)\$\//.exec(readFileSync('tools/build-client.mjs', 'utf8')) ?? [];
  const renamed = list.split('|');
  expect(renamed.length).toBeGreaterThan(10);
  const lib = 'node_modules/typescript/lib';
  const contract = 'libs/auth/src/contract';
  const source = 'libs/client/src';
  const files = [
    ...['', '-axios', '-react', '-account', '-sockets', '-server'].map(
      (name) => `docs/api/client${name}.txt`,
    ),
    ...['options', 'change', 'token-store', 'error'].map((name) => `${source}/${name}.ts`),
    ...readdirSync(contract).map((name) => join(contract, name)),
    ...readdirSync(lib)
      .filter((name) => /^lib\..*\.d\.ts$/.test(name))
      .map((name) => join(lib, name)),
  ].filter((path) => path.endsWith('.txt') || path.endsWith('.ts'));
  const members = new Set<string>();
  for (const file of files)
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(
      /^\s+(?:readonly |[gs]et )?(\w+)\??[:(<]/gm,
    ))
      members.add(name);
  expect([...members]).toEqual(
    expect.arrayContaining(['read', 'send', 'refreshToken', 'kind', 'accessToken']),
  );
  expect(renamed.filter((name) => members.has(name))).toEqual([]);
});

it('the built client has every member of its types', () => {
  const { client } = open({});
  const [, declared = ''] =
    /interface AuthClient \{(.*?)^\}/ms.exec(readFileSync('docs/api/client.txt', 'utf8')) ?? [];
  const members = [...declared.matchAll(/^ {4}(?:readonly )?(\w+)/gm)].map(([, name]) => name);
  expect(members.length).toBeGreaterThan(10);
  expect(Object.keys(client).sort()).toEqual(members.sort());
  expect(Object.keys(memoryStore()).sort()).toEqual(['get', 'set']);
  expect(built.status).toBe(0);
});

it('as built, a bearer client uses the documented names in the host’s token store', async () => {
  const store = new HostStore();
  const { client, events } = open({ transport: 'bearer', store });
  expect(await client.login(credentials)).toEqual({ id: 'u1', email: credentials.email });
  expect(store.known).toEqual({ refreshToken: 'refresh-1', device: 'device-1' });
  expect(await client.accessToken()).toBe('access-1');
  server.failNext('/auth/refresh', 'lost');
  expect(await client.refresh()).toBe('unavailable');
  expect(Object.keys(store.known ?? {}).sort()).toEqual(['device', 'key', 'refreshToken']);
  // an app that was killed meanwhile continues
  client.close();
  const again = open({ transport: 'bearer', store });
  expect(await again.client.refresh()).toBe('refreshed');
  expect(server.spentTokensSeen).toBe(0);
  await again.client.changePassword('a quiet river', 'a loud river');
  expect(server.lastBody('/auth/password')).toMatchObject({ currentPassword: 'a quiet river' });
  await again.client.logout();
  expect(again.events).toEqual(['refreshed', 'refreshed', 'signedOut: logout']);
  expect(events).toEqual(['signedIn']);
  expect(store.calls).toContain('read');
  expect(store.calls.at(-1)).toBe('write device');
});

it.each(['cookie', 'hybrid'] as const)(
  'as built, the tabs of a %s page use lock, channel and storage, and follow each other',
  async (transport) => {
    const [one, other] = [open({ transport }), open({ transport })];
    await one.client.loginWith(() =>
      server.fetch(`${baseUrl}/auth/login`, {
        method: 'POST',
        body: JSON.stringify({ ...credentials, transport }),
      }),
    );
    await later(20);
    server.expireAccessTokens();
    server.failNext('/auth/refresh', 'network');
    expect((await other.client.fetch('/echo', { method: 'POST', body: 'a' })).status).toBe(503);
    expect(Object.keys(browser.stored)).toEqual([`tokenward:${baseUrl}/auth/:key`]);
    const answers = await Promise.all(
      [one, other].map(({ client }) => client.fetch('/echo', { method: 'POST', body: 'a' })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(server.count('/auth/refresh')).toBe(2);
    expect(browser.messages).toMatchObject([{ kind: 'signedIn' }, { kind: 'refreshed' }]);
    expect(browser.messages[0]).toHaveProperty(
      'accessToken',
      transport === 'hybrid' ? 'access-1' : undefined,
    );
    expect(browser.lockNames).toContain(`tokenward:${baseUrl}/auth/`);
    expect(await other.client.session()).toMatchObject({ id: 'u1' });
    await one.client.logout();
    await later(20);
    expect(other.events).toEqual(['signedIn', 'refreshed', 'signedOut: logout']);
  },
);

it('as built, a refusal is an AuthClientError with the server’s error', async () => {
  const { client } = open({});
  server.failNext('/auth/login', 429);
  const error: unknown = await client.login(credentials).catch((refused: unknown) => refused);
  expect(error).toBeInstanceOf(AuthClientError);
  expect(error).toMatchObject({
    name: 'AuthClientError',
    status: 429,
    message: 'fault 429',
    retryAfterSeconds: 7,
  });
  server.failNext('/auth/sessions/s1', 404);
  await expect(endSession(client, 's1')).rejects.toBeInstanceOf(AuthClientError);
  const second = loginWithSecondFactor(client, { ticket: 't', code: '1' });
  await expect(second).rejects.toBeInstanceOf(AuthClientError);
  server.failNext('/auth/reauthenticate', 403);
  await expect(client.reauthenticate('a quiet river')).rejects.toMatchObject({ status: 403 });
  expect(() => createAuthClient({ transport: 'cookies' as 'cookie' })).toThrow(/^transport: /);
});

it('as built, the React entry is a client module for server components', () => {
  expect(readFileSync(join(dist, 'react.js'), 'utf8')).toMatch(/^["']use client["'];/);
});

it('as built, axios and the hook use the client', async () => {
  const { client } = open({});
  await client.login(credentials);
  const { adapter, env } = axiosTransport(client);
  expect(adapter).toBe('fetch');
  expect((await env.fetch('/echo', { method: 'POST', body: 'a' })).status).toBe(200);
  expect(useSession(client)).toEqual({ status: 'loading' });
  const changed = new Promise<void>((resolve) => followed?.subscribe(resolve));
  await changed;
  expect(useSession(client)).toMatchObject({ status: 'signedIn', session: { id: 'u1' } });
});
