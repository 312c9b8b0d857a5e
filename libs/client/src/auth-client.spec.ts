import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  AuthClientError,
  type AuthClient,
  type AuthClientOptions,
  createAuthClient,
  memoryStore,
} from './index.js';
import { fakeBrowser, fakeServer, type FakeServer } from './fakes.fixture.js';

let server: FakeServer;
let browser: ReturnType<typeof fakeBrowser>;
const clients: AuthClient[] = [];

beforeEach(() => {
  server = fakeServer();
  browser = fakeBrowser();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  browser.restore();
  jest.useRealTimers();
});

function open(options: AuthClientOptions = {}) {
  const client = createAuthClient({
    baseUrl: 'https://api.test',
    refreshAheadMs: 0,
    fetch: server.fetch,
    ...options,
  });
  clients.push(client);
  const events: string[] = [];
  for (const name of ['signedIn', 'refreshed'] as const) client.on(name, () => void events.push(name));
  client.on('signedOut', ({ reason }) => void events.push(`signedOut: ${reason}`));
  return Object.assign(client, { events });
}

const credentials = { email: 'ada@example.com', password: 'a quiet river' };
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.each(['cookie', 'hybrid', 'bearer'] as const)('%s', (transport) => {
  it('signs in, is somebody, signs out', async () => {
    const client = open({ transport });
    expect(await client.login(credentials)).toMatchObject({ email: 'ada@example.com' });
    expect(await client.session()).toMatchObject({ id: 'u1' });
    await client.logout();
    expect(client.events).toEqual(['signedIn', 'signedOut: logout']);
    expect(await client.session()).toBeUndefined();
  });

  it('refreshes once for many requests refused at the same time, and sends each again once', async () => {
    const client = open({ transport });
    await client.login(credentials);
    server.expireAccessTokens();
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((body) =>
        client.fetch('https://api.test/echo', { method: 'POST', body }).then((answer) => answer.text()),
      ),
    );
    expect(answers).toEqual(['a', 'b', 'c', 'd']);
    expect(server.count('/auth/refresh')).toBe(1);
    expect(server.count('/echo')).toBe(8);
  });

  it('a definite refusal signs out once, however many asked', async () => {
    const client = open({ transport });
    await client.login(credentials);
    server.endSession();
    const answers = await Promise.all([1, 2, 3].map(() => client.fetch('https://api.test/echo')));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(client.events.filter((event) => event.startsWith('signedOut'))).toEqual(['signedOut: refused']);
    expect(server.count('/auth/refresh')).toBe(1);
  });

  it.each([
    ['503', 503],
    ['500', 500],
    ['429', 429],
    ['a network error', 'network'],
    ['an answer that is no JSON', 'garbage'],
  ] as const)('%s of a refresh signs nobody out', async (_name, fault) => {
    const client = open({ transport });
    await client.login(credentials);
    server.expireAccessTokens();
    server.failNext('/auth/refresh', fault);
    expect(await client.refresh()).toBe('unavailable');
    expect(client.events).toEqual(['signedIn']);
    if (fault === 'garbage') return; // the token was spent on the way
    server.failNext('/auth/refresh', fault);
    // a 401 would look like a sign-out to the page
    expect((await client.fetch('https://api.test/echo')).status).toBe(503);
    expect((await client.fetch('https://api.test/echo')).status).toBe(200);
  });

  it('a logout that the server could not make durable leaves the user signed in', async () => {
    const client = open({ transport });
    await client.login(credentials);
    server.failNext('/auth/logout', 503);
    await expect(client.logout()).rejects.toMatchObject({ status: 503, retryAfterSeconds: 7 });
    expect(client.events).toEqual(['signedIn']);
    expect(await client.session()).toMatchObject({ id: 'u1' });
  });
});

describe('what is sent again', () => {
  it.each<[string, () => RequestInit]>([
    ['text', () => ({ body: 'x' })],
    ['bytes', () => ({ body: new TextEncoder().encode('x') })],
    ['a blob', () => ({ body: new Blob(['x']) })],
    ['a form', () => ({ body: new URLSearchParams('x') })],
  ])('%s', async (_name, init) => {
    const client = open();
    await client.login(credentials);
    server.expireAccessTokens();
    const answer = await client.fetch('https://api.test/echo', { method: 'POST', ...init() });
    expect(await answer.text()).toMatch(/^x=?$/);
  });

  it('a Request, which stays readable for its owner', async () => {
    const client = open();
    await client.login(credentials);
    server.expireAccessTokens();
    const request = new Request('https://api.test/echo', { method: 'PUT', body: 'mine' });
    expect(await (await client.fetch(request)).text()).toBe('mine');
    expect(await request.text()).toBe('mine');
  });

  it('a stream is not: the caller sees the 401, and the next try goes through', async () => {
    const client = open();
    await client.login(credentials);
    server.expireAccessTokens();
    const stream = () => new Blob(['flow']).stream();
    const send = () =>
      client.fetch('https://api.test/echo', {
        method: 'POST',
        body: stream() as ReadableStream,
        duplex: 'half',
      } as RequestInit);
    expect((await send()).status).toBe(401);
    expect(await (await send()).text()).toBe('flow');
    expect(client.events).not.toContain('signedOut: refused');
  });

  it('nothing for a proof that is too old: asking again is the page’s part', async () => {
    const client = open();
    await client.login(credentials);
    expect((await client.fetch('https://api.test/step-up')).status).toBe(401);
    expect(server.count('/auth/refresh')).toBe(0);
    expect(server.count('/step-up')).toBe(1);
  });

  it('nothing a third time', async () => {
    const client = open();
    await client.login(credentials);
    expect((await client.fetch('https://api.test/always-401')).status).toBe(401);
    expect(server.count('/always-401')).toBe(2);
  });
});

describe('tokens', () => {
  it('go to the API alone', async () => {
    const client = open({ transport: 'bearer' });
    await client.login(credentials);
    await client.fetch('https://api.test.evil.example/steal');
    await client.fetch(new Request('https://api.test:8443/steal'));
    expect(
      server.seen.filter(({ path }) => path === '/steal').map(({ authorization }) => authorization),
    ).toEqual([null, null]);
  });

  it('reach no other tab and no storage in cookie mode', async () => {
    const client = open();
    await client.login(credentials);
    await client.refresh();
    expect(JSON.stringify([browser.messages, browser.stored, browser.lockNames])).not.toMatch(
      /access-|refresh-/,
    );
  });

  it('of a bearer client are kept in its store: the newest refresh token, and the device beyond a logout', async () => {
    const store = memoryStore();
    const client = open({ transport: 'bearer', store });
    await client.login(credentials);
    await client.refresh();
    expect(store.get()).toEqual({ refreshToken: 'refresh-2', device: 'device-1' });
    await client.logout();
    expect(store.get()).toEqual({ refreshToken: undefined, device: 'device-1' });
    await client.login(credentials);
    expect(server.lastBody('/auth/login')).toMatchObject({ device: 'device-1' });
  });

  it('are there again after a restart of a bearer client', async () => {
    const store = memoryStore();
    await open({ transport: 'bearer', store }).login(credentials);
    const restarted = open({ transport: 'bearer', store });
    expect((await restarted.fetch('https://api.test/echo')).status).toBe(200);
    expect(server.count('/auth/refresh')).toBe(1);
  });
});

describe('the tabs of a browser', () => {
  it.each(['cookie', 'hybrid'] as const)(
    '%s: four refused at once → one refresh, nobody signed out',
    async (transport) => {
      const tabs = [1, 2, 3, 4].map(() => open({ transport }));
      await tabs[0]!.login(credentials);
      await later(10);
      server.expireAccessTokens();
      const answers = await Promise.all(tabs.map((tab) => tab.fetch('https://api.test/echo')));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(server.count('/auth/refresh')).toBe(1);
      expect(tabs.flatMap(({ events }) => events.filter((event) => event.startsWith('signedOut')))).toEqual(
        [],
      );
    },
  );

  it.each(
    (['cookie', 'hybrid'] as const).flatMap((transport) =>
      [0, 2, 60].flatMap((delayMs) => [true, false].map((locks) => [transport, delayMs, locks] as const)),
    ),
  )(
    '%s: no clock decides who refreshed before whom (messages take %i ms, Web Locks: %p)',
    async (transport, delayMs, locks) => {
      if (!locks) browser.withoutLocks();
      browser.messageDelayMs = delayMs;
      const tabs = [1, 2, 3, 4].map(() => open({ transport }));
      await tabs[0]!.login(credentials);
      await later(delayMs + 10);
      const stopped = jest.spyOn(Date, 'now').mockReturnValue(Date.now());
      server.expireAccessTokens();
      const answers = await Promise.all(tabs.map((tab) => tab.fetch('https://api.test/echo')));
      stopped.mockRestore();
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(server.count('/auth/refresh')).toBe(1);
    },
  );

  it('a tab whose refusal arrives after the refresh of another sends again without one', async () => {
    const [first, second] = [open(), open()];
    await first.login(credentials);
    await later(10);
    server.expireAccessTokens();
    const slow = second.fetch('https://api.test/slow');
    await later(5);
    await first.fetch('https://api.test/echo');
    server.finishSlow();
    expect((await slow).status).toBe(200);
    expect(server.count('/auth/refresh')).toBe(1);
  });

  it('sign-out and sign-in in one show in all, once', async () => {
    const [first, second] = [open(), open()];
    await first.login(credentials);
    await later(10);
    await first.logout();
    await later(10);
    expect(second.events).toEqual(['signedIn', 'signedOut: logout']);
  });

  it.each(['cookie', 'hybrid'] as const)(
    '%s: a tab opened after the login is told as well, whatever it has done so far',
    async (transport) => {
      const first = open({ transport });
      await first.login(credentials);
      const idle = open({ transport });
      const busy = open({ transport });
      expect((await busy.fetch('https://api.test/echo')).status).toBe(200);
      await first.logout();
      await later(10);
      expect([idle.events.at(-1), busy.events.at(-1)]).toEqual(['signedOut: logout', 'signedOut: logout']);
    },
  );

  it('a refusal that comes from this very tab, which never asked who it was, is told too', async () => {
    await open().login(credentials);
    const fresh = open();
    expect((await fresh.fetch('https://api.test/echo')).status).toBe(200);
    server.endSession();
    expect((await fresh.fetch('https://api.test/echo')).status).toBe(401);
    expect(fresh.events).toEqual(['signedOut: refused']);
  });

  it('a visitor who was never in hears nothing', async () => {
    const tabs = [open(), open({ transport: 'hybrid' }), open({ transport: 'bearer' })];
    for (const tab of tabs) expect(await tab.session()).toBeUndefined();
    expect(tabs.flatMap(({ events }) => events)).toEqual([]);
  });

  it('a sign-in as somebody else reaches the others; what was told before it does not undo it', async () => {
    browser.messageDelayMs = 60;
    const tabs = [
      open({ transport: 'hybrid' }),
      open({ transport: 'hybrid' }),
      open({ transport: 'hybrid' }),
    ];
    await tabs[0]!.login(credentials);
    await later(70);
    await tabs[0]!.logout();
    await tabs[1]!.login(credentials);
    await later(70);
    for (const tab of tabs) {
      expect(tab.events.at(-1)).toBe('signedIn');
      expect((await tab.fetch('https://api.test/echo')).status).toBe(200);
    }
    expect(server.count('/auth/refresh')).toBe(0);
  });

  it('a refusal that one hears is not asked for by the others', async () => {
    const tabs = [open(), open(), open()];
    await tabs[0]!.login(credentials);
    await later(10);
    server.endSession();
    await Promise.all(tabs.map((tab) => tab.fetch('https://api.test/echo')));
    await later(10);
    expect(server.count('/auth/refresh')).toBe(1);
    for (const { events } of tabs)
      expect(events.filter((event) => event.startsWith('signedOut'))).toEqual(['signedOut: refused']);
  });

  it('a late refusal from before a login does not sign the new session out', async () => {
    const [first, second] = [open(), open()];
    const refused = second.session();
    await first.login(credentials);
    await refused;
    await later(10);
    expect(first.events).not.toContain('signedOut: refused');
    expect(await first.session()).toMatchObject({ id: 'u1' });
  });

  it('a password change waits for the refresh of another tab, and spends no old token', async () => {
    const [first, second] = [open(), open()];
    await first.login(credentials);
    await later(10);
    server.expireAccessTokens();
    await Promise.all([
      first.fetch('https://api.test/echo'),
      second.changePassword('a quiet river', 'a new one'),
    ]);
    expect(server.spentTokensSeen).toBe(0);
    expect([...first.events, ...second.events]).not.toContain('signedOut: refused');
  });

  it('without Web Locks a lease does', async () => {
    browser.withoutLocks();
    const tabs = [1, 2, 3, 4].map(() => open());
    await tabs[0]!.login(credentials);
    await later(10);
    server.expireAccessTokens();
    const answers = await Promise.all(tabs.map((tab) => tab.fetch('https://api.test/echo')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(server.count('/auth/refresh')).toBe(1);
  });

  it('waits for what a closed tab may have under way', async () => {
    const client = open();
    await client.login(credentials);
    browser.store('tokenward:https://api.test/auth/:busy', String(Date.now()));
    jest.useFakeTimers({ now: Date.now() });
    const refreshed = client.refresh();
    await jest.advanceTimersByTimeAsync(4_900);
    expect(server.count('/auth/refresh')).toBe(0);
    await jest.advanceTimersByTimeAsync(200);
    jest.useRealTimers();
    expect(await refreshed).toBe('refreshed');
  });
});

describe('refresh ahead of expiry', () => {
  it('happens before the token expires, and again after that one', async () => {
    jest.useFakeTimers({ advanceTimers: true });
    const client = open({ transport: 'bearer', refreshAheadMs: 60_000 });
    await client.login(credentials);
    await jest.advanceTimersByTimeAsync(820_000);
    expect(server.count('/auth/refresh')).toBe(0);
    await jest.advanceTimersByTimeAsync(30_000);
    expect(server.count('/auth/refresh')).toBe(1);
    await jest.advanceTimersByTimeAsync(850_000);
    expect(server.count('/auth/refresh')).toBe(2);
  });

  it('is soon after a laptop woke up, although timers stood still', async () => {
    jest.useFakeTimers({ advanceTimers: true });
    const client = open({ transport: 'bearer', refreshAheadMs: 60_000 });
    await client.login(credentials);
    jest.setSystemTime(Date.now() + 8 * 3_600_000);
    await jest.advanceTimersByTimeAsync(31_000);
    expect(server.count('/auth/refresh')).toBe(1);
  });

  it('of a token that lives ten seconds does not go round in circles', async () => {
    jest.useFakeTimers({ advanceTimers: true });
    server.expiresIn = 10;
    const client = open({ transport: 'bearer', refreshAheadMs: 60_000 });
    await client.login(credentials);
    await jest.advanceTimersByTimeAsync(20_500);
    expect(server.count('/auth/refresh')).toBeGreaterThanOrEqual(2);
    expect(server.count('/auth/refresh')).toBeLessThanOrEqual(4);
  });

  it('is tried again while the server is away', async () => {
    jest.useFakeTimers({ advanceTimers: true });
    const client = open({ transport: 'bearer', refreshAheadMs: 60_000 });
    await client.login(credentials);
    server.failNext('/auth/refresh', 503);
    await jest.advanceTimersByTimeAsync(890_000);
    expect(server.count('/auth/refresh')).toBe(2);
    expect(client.events.at(-1)).toBe('refreshed');
  });

  it('counts by the server’s clock when this one is wrong', async () => {
    jest.useFakeTimers({ advanceTimers: true });
    const first = open({ refreshAheadMs: 0 });
    await first.login(credentials);
    first.close();
    jest.setSystemTime(Date.now() + 3_600_000);
    const wrong = open({ refreshAheadMs: 60_000 });
    await wrong.session();
    await jest.advanceTimersByTimeAsync(700_000);
    expect(server.count('/auth/refresh')).toBe(0);
    await jest.advanceTimersByTimeAsync(160_000);
    expect(server.count('/auth/refresh')).toBe(1);
  });
});

describe('errors', () => {
  it('are the server’s words', async () => {
    server.failNext('/auth/login', 429);
    const refusal = open().login(credentials);
    await expect(refusal).rejects.toBeInstanceOf(AuthClientError);
    await expect(refusal).rejects.toMatchObject({ status: 429, message: 'fault 429', retryAfterSeconds: 7 });
  });

  it('of a listener harm nobody', async () => {
    const client = open();
    client.on('refreshed', () => {
      throw new Error('mine');
    });
    await client.login(credentials);
    expect(client.events).toContain('signedIn');
  });

  it('whether anybody is signed in is not guessed', async () => {
    const client = open();
    await client.login(credentials);
    server.expireAccessTokens();
    server.failNext('/auth/refresh', 503);
    await expect(client.session()).rejects.toMatchObject({ status: 503 });
    expect(await client.session()).toMatchObject({ id: 'u1' });
  });
});
