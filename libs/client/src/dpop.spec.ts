import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { base64url } from 'jose';
import {
  createDpopClient,
  type DpopClient,
  type DpopClientOptions,
  type KeyPlace,
} from './dpop.js';
import { memoryKeys } from './dpop-keys.js';
import { fakeBrowser } from './fake-browser.fixture.js';
import { credentials } from './world.fixture.js';
import { BASE, fakeApi, TEN_MINUTES_MS } from './dpop-api.fixture.js';

describe('a client with a key', () => {
  let api: ReturnType<typeof fakeApi>;
  let browser: ReturnType<typeof fakeBrowser>;
  const clients: DpopClient[] = [];
  beforeEach(() => {
    api = fakeApi();
    browser = fakeBrowser();
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
    browser.restore();
  });
  function open(options: Partial<DpopClientOptions> = {}) {
    const client = createDpopClient({
      baseUrl: BASE,
      transport: 'bearer',
      refreshAheadMs: 0,
      fetch: api.fetch,
      keys: memoryKeys(),
      ...options,
    });
    clients.push(client);
    const signedOut: string[] = [];
    client.on('signedOut', ({ reason }) => void signedOut.push(reason));
    return Object.assign(client, { signedOut });
  }
  const statusOf = async (client: DpopClient, path = '/notes', init?: RequestInit) =>
    (await client.fetch(path, init)).status;

  it('proves sign-in, request and refresh, each by a proof of its own for method, URL and token', async () => {
    const client = open();
    await client.login(credentials);
    expect(await statusOf(client, '/notes?q=1#top', { method: 'post', body: 'x' })).toBe(200);
    expect(await client.refresh()).toBe('refreshed');
    const [login, notes, refresh] = ['/auth/login', '/notes', '/auth/refresh'].map(
      (path) => api.of(path)[0],
    );
    expect(login?.claims).toMatchObject({ htm: 'POST', htu: `${BASE}/auth/login` });
    expect(login?.claims).not.toHaveProperty('ath');
    const token = notes?.authorization?.replace('DPoP ', '') ?? '';
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
    expect(notes?.claims).toMatchObject({
      htm: 'POST',
      htu: `${BASE}/notes`,
      ath: base64url.encode(new Uint8Array(hash)),
    });
    expect(refresh?.claims).toMatchObject({ htm: 'POST', htu: `${BASE}/auth/refresh` });
    expect(new Set(api.seen.map(({ key }) => key)).size).toBe(1);
  });

  // T-g74g
  it('retries once with the server’s nonce, body included, and keeps the nonce', async () => {
    api.nonce = 'first';
    const client = open();
    await client.login(credentials);
    expect(api.of('/auth/login').map(({ claims }) => claims?.['nonce'])).toEqual([
      undefined,
      'first',
    ]);
    api.nonce = 'second';
    const answer = await client.fetch('/notes', { method: 'POST', body: 'a note' });
    expect([answer.status, await answer.json()]).toEqual([200, { body: 'a note' }]);
    expect(await statusOf(client)).toBe(200);
    expect(api.of('/notes').map(({ claims }) => claims?.['nonce'])).toEqual([
      'first',
      'second',
      'second',
    ]);
    expect(api.of('/auth/refresh')).toEqual([]);
  });

  it('does not loop with a server that asks for another nonce each time', async () => {
    const client = open();
    Object.defineProperty(api, 'nonce', { get: () => String(Math.random()) });
    await expect(client.login(credentials)).rejects.toMatchObject({ status: 400 });
    expect(api.of('/auth/login')).toHaveLength(2);
  });

  it('uses the server’s time where its own clock is wrong', async () => {
    api.aheadMs = TEN_MINUTES_MS;
    api.nonce = 'n';
    const client = open();
    await client.login(credentials);
    expect(api.of('/auth/login')).toHaveLength(3);
    expect(await statusOf(client)).toBe(200);
    expect(api.of('/notes')).toHaveLength(1);
  });

  it('continues where the network sent its refresh twice, and the second was answered', async () => {
    let isFirst = true;
    const client = open({
      fetch: async (input, init) => {
        const isRefresh = String(input).endsWith('/auth/refresh');
        if (!isRefresh || !isFirst) return api.fetch(input, init);
        isFirst = false;
        const headers = { 'www-authenticate': 'DPoP error="invalid_dpop_proof", algs="ES256"' };
        const body = JSON.stringify({ message: 'dpop: invalid_dpop_proof' });
        return new Response(body, {
          status: 400,
          headers: { ...headers, date: new Date().toUTCString() },
        });
      },
    });
    await client.login(credentials);
    expect(await client.refresh()).toBe('refreshed');
    expect(client.signedOut).toEqual([]);
    expect(await statusOf(client)).toBe(200);
  });

  it('reports a wrong clock where the server does not send the time', async () => {
    Object.assign(api, { aheadMs: TEN_MINUTES_MS, tellsDate: false });
    await expect(open().login(credentials)).rejects.toMatchObject({ status: 400 });
    expect(api.of('/auth/login')).toHaveLength(1);
  });

  it('sends a proof only to the API, and only where one is needed', async () => {
    const client = open();
    await client.login(credentials);
    await client.fetch('https://elsewhere.test/notes');
    await client.fetch('/open', { credentials: 'omit' });
    for (const { claims, authorization } of api.seen.slice(1))
      expect([claims, authorization]).toEqual([undefined, null]);
  });

  it.each([
    ['a bearer’s token as Bearer, without a proof', 'refresh', 'Bearer'],
    ['an encrypted token that is bound with one', 'encrypted', 'DPoP'],
  ] as const)('sends %s', async (_, mode, scheme) => {
    api.mode = mode;
    const client = open();
    await client.login(credentials);
    expect(await statusOf(client)).toBe(200);
    const [notes] = api.of('/notes');
    expect(notes?.authorization).toContain(`${scheme} `);
    expect(notes?.claims === undefined).toBe(scheme === 'Bearer');
    expect(await client.refresh()).toBe('refreshed');
    const token = await client.accessToken();
    const proof = await client.proofFor('GET', 'wss://api.test/events', token);
    expect(proof === undefined).toBe(scheme === 'Bearer');
  });

  // T-d253
  it('has one key per session: a wrong password keeps it, a sign-out removes it', async () => {
    const client = open();
    await expect(client.login({ ...credentials, password: 'wrong' })).rejects.toMatchObject({
      status: 401,
    });
    await client.login(credentials);
    await client.logout();
    await client.login(credentials);
    const [wrong, first, second] = api.of('/auth/login').map(({ key }) => key);
    expect(wrong).toBe(first);
    expect(second).not.toBe(first);
    expect(await statusOf(client)).toBe(200);
  });

  it('has a new key after a session that ended unnoticed', async () => {
    const [keys, store] = [
      memoryKeys(),
      { get: () => ({ refreshToken: 'refresh-1' }), set: () => undefined },
    ];
    await open({ keys }).login(credentials);
    api.endSession();
    const client = open({ keys, store });
    expect(await client.refresh()).toBe('signedOut');
    await client.login(credentials);
    const [first, second] = api.of('/auth/login').map(({ key }) => key);
    expect(second).not.toBe(first);
  });

  it('that lost its key is signed out and can sign in again, without a loop', async () => {
    const keys = memoryKeys();
    const client = open({ keys });
    await client.login(credentials);
    await keys.remove(await keys.load());
    api.expireAccess();
    // a message from another tab
    const other = open({
      keys,
      store: { get: () => ({ refreshToken: 'refresh-1' }), set: () => undefined },
    });
    expect(await other.refresh()).toBe('signedOut');
    await other.login(credentials);
    expect(await statusOf(other)).toBe(200);
    expect(api.seen.length).toBeLessThan(6);
  });

  it('keeps the session while the server is unreachable', async () => {
    const client = open();
    await client.login(credentials);
    const { fetch } = api;
    api.fetch = () => Promise.reject(new TypeError('fetch failed'));
    const away = open({ fetch: (...given) => api.fetch(...given) });
    await expect(away.login(credentials)).rejects.toThrow('fetch failed');
    api.fetch = fetch;
    await away.login(credentials);
    expect(away.signedOut).toEqual([]);
  });

  it('uses the host’s own key store, as on a phone', async () => {
    const asked: string[] = [];
    const inner = memoryKeys();
    const keys: KeyPlace = {
      load: () => (asked.push('load'), inner.load()),
      remove: (key) => (asked.push('remove'), inner.remove(key)),
      sha256: async (data) => (
        asked.push('sha256'),
        new Uint8Array(await crypto.subtle.digest('SHA-256', data as BufferSource))
      ),
    };
    const client = open({ keys });
    await client.login(credentials);
    expect(await statusOf(client)).toBe(200);
    await client.logout();
    expect(new Set(asked)).toEqual(new Set(['load', 'sha256', 'remove']));
  });

  it('proves a sign-in at the host’s own route', async () => {
    const client = open();
    const body = JSON.stringify(credentials);
    await client.loginWith(() =>
      client.fetchProved(`${BASE}/auth/login`, { method: 'POST', body }),
    );
    expect(await statusOf(client)).toBe(200);
  });

  it('is refused in cookie mode', () => {
    const options = { transport: 'cookie' as never };
    expect(() => open(options)).toThrow(/^transport: must be hybrid\|bearer/);
  });
});

describe('a key store', () => {
  it('makes one non-extractable key for all callers, and removes only that key', async () => {
    const keys = memoryKeys();
    const [one, two] = await Promise.all([keys.load(), keys.load()]);
    expect(one.jwk).toEqual(two.jwk);
    expect(Object.keys(one.jwk).sort()).toEqual(['crv', 'kty', 'x', 'y']);
    await keys.remove(one);
    const next = await keys.load();
    expect(next.jwk.x).not.toBe(one.jwk.x);
    await keys.remove(one);
    expect((await keys.load()).jwk).toEqual(next.jwk);
  });
});
