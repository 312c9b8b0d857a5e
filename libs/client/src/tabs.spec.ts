import { describe, expect, it, jest } from '@jest/globals';
import { credentials, fakeWorld, later } from './world.fixture.js';

const { world, open, signedIn, statusOf } = fakeWorld();

describe('the tabs of a browser', () => {
  it.each(['cookie', 'hybrid'] as const)(
    '%s: four refused at once → one refresh, nobody signed out',
    async (transport) => {
      const tabs = [1, 2, 3, 4].map(() => open({ transport }));
      await tabs[0]!.login(credentials);
      await later(10);
      world.server.expireAccessTokens();
      const answers = await Promise.all(tabs.map((tab) => tab.fetch('https://api.test/echo')));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(world.server.count('/auth/refresh')).toBe(1);
      expect(
        tabs.flatMap(({ events }) => events.filter((event) => event.startsWith('signedOut'))),
      ).toEqual([]);
    },
  );

  // T-pmz5
  it.each(
    (['cookie', 'hybrid'] as const).flatMap((transport) =>
      [0, 2, 20].map((delayMs) => [transport, delayMs] as const),
    ),
  )(
    '%s: no clock decides who refreshed before whom (messages take %i ms)',
    async (transport, delayMs) => {
      world.browser.messageDelayMs = delayMs;
      const tabs = [1, 2, 3, 4].map(() => open({ transport }));
      await tabs[0]!.login(credentials);
      await later(delayMs + 10);
      const stopped = jest.spyOn(Date, 'now').mockReturnValue(Date.now());
      world.server.expireAccessTokens();
      const answers = await Promise.all(tabs.map((tab) => tab.fetch('https://api.test/echo')));
      stopped.mockRestore();
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(world.server.count('/auth/refresh')).toBe(1);
    },
  );

  it('a tab whose request is refused after another tab’s refresh sends it again without a refresh', async () => {
    const [first, second] = [open(), open()];
    await first.login(credentials);
    await later(10);
    world.server.expireAccessTokens();
    const slow = second.fetch('https://api.test/slow');
    await later(5);
    await first.fetch('https://api.test/echo');
    world.server.finishSlow();
    expect((await slow).status).toBe(200);
    expect(world.server.count('/auth/refresh')).toBe(1);
  });

  it('a refusal after the refresh that others wait for needs its own refresh', async () => {
    const [first, second, third] = [open(), open(), open()];
    await first.login(credentials);
    await later(10);
    world.server.expireAccessTokens();
    const refreshing = first.fetch('https://api.test/echo');
    while (world.server.count('/auth/refresh') === 0) await new Promise(setImmediate);
    const busy = third.loginWith(() => later(60).then(() => new Response('{}', { status: 503 })));
    const early = second.fetch('https://api.test/echo');
    await refreshing;
    await later(10);
    world.server.expireAccessTokens();
    const late = second.fetch('https://api.test/echo');
    await expect(busy).rejects.toMatchObject({ status: 503 });
    expect((await late).status).toBe(200);
    await early;
    expect(world.server.count('/auth/refresh')).toBe(2);
  });

  it('sign-out and sign-in in one tab are shown in all tabs, once', async () => {
    const [first, second] = [open(), open()];
    await first.login(credentials);
    await later(10);
    await first.logout();
    await later(10);
    expect(second.events).toEqual(['signedIn', 'signedOut: logout']);
  });

  // T-fck7
  it.each(['cookie', 'hybrid'] as const)(
    '%s: a tab opened after the login is told as well, whatever it has done so far',
    async (transport) => {
      const first = await signedIn({ transport });
      const idle = open({ transport });
      const busy = open({ transport });
      expect(await statusOf(busy)).toBe(200);
      await first.logout();
      await later(10);
      expect([idle.events.at(-1), busy.events.at(-1)]).toEqual([
        'signedOut: logout',
        'signedOut: logout',
      ]);
    },
  );

  it('a refusal in a tab that never asked for the user is announced too', async () => {
    await open().login(credentials);
    const fresh = open();
    expect(await statusOf(fresh)).toBe(200);
    world.server.endSession();
    expect(await statusOf(fresh)).toBe(401);
    expect(fresh.events).toEqual(['signedOut: refused']);
  });

  it('a visitor who was never signed in gets no event', async () => {
    const tabs = [open(), open({ transport: 'hybrid' }), open({ transport: 'bearer' })];
    for (const tab of tabs) expect(await tab.session()).toBeUndefined();
    expect(tabs.flatMap(({ events }) => events)).toEqual([]);
  });

  // T-5znq
  it('a sign-in as another user reaches the other tabs, and an earlier message does not undo it', async () => {
    world.browser.messageDelayMs = 20;
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
      expect(await statusOf(tab)).toBe(200);
    }
    expect(world.server.count('/auth/refresh')).toBe(0);
  });

  // T-z5h7
  it('a refusal in one tab causes no request in the others', async () => {
    const tabs = [open(), open(), open()];
    await tabs[0]!.login(credentials);
    await later(10);
    world.server.endSession();
    await Promise.all(tabs.map((tab) => tab.fetch('https://api.test/echo')));
    await later(10);
    expect(world.server.count('/auth/refresh')).toBe(1);
    for (const { events } of tabs)
      expect(events.filter((event) => event.startsWith('signedOut'))).toEqual([
        'signedOut: refused',
      ]);
  });

  // T-xzvn
  it('a late refusal from before a login does not end the new session', async () => {
    const [first, second] = [open(), open()];
    const refused = second.session();
    await first.login(credentials);
    await refused;
    await later(10);
    expect(first.events).not.toContain('signedOut: refused');
    expect(await first.session()).toMatchObject({ id: 'u1' });
  });

  it('a password change waits for the refresh of another tab, and does not spend an old token', async () => {
    const [first, second] = [open(), open()];
    await first.login(credentials);
    await later(10);
    world.server.expireAccessTokens();
    await Promise.all([
      first.fetch('https://api.test/echo'),
      second.changePassword('a quiet river', 'a new one'),
    ]);
    expect(world.server.spentTokensSeen).toBe(0);
    expect([...first.events, ...second.events]).not.toContain('signedOut: refused');
  });

  // T-48wv
  it('without Web Locks the tabs may refresh at once, with one retry key, and nobody is signed out', async () => {
    world.browser.withoutLocks();
    const tabs = [1, 2, 3, 4].map(() => open());
    await tabs[0]!.login(credentials);
    await later(10);
    world.server.expireAccessTokens();
    expect(await Promise.all(tabs.map((tab) => tab.refresh()))).toEqual(
      tabs.map(() => 'refreshed'),
    );
    expect(world.server.spentTokensSeen).toBe(0);
  });

  // T-9g4k
  it.each([true, false])(
    'a full storage does not block a refresh (Web Locks: %p)',
    async (locks) => {
      if (!locks) world.browser.withoutLocks();
      localStorage.setItem = () => {
        throw new Error('QuotaExceededError');
      };
      const client = await signedIn();
      world.server.expireAccessTokens();
      expect(await statusOf(client)).toBe(200);
    },
  );

  it('a page without any storage (a WebView of Android) signs in, refreshes and signs out', async () => {
    world.browser.withoutStorage();
    const client = await signedIn();
    world.server.expireAccessTokens();
    expect(await statusOf(client)).toBe(200);
    await client.logout();
    expect(client.events).toEqual(['signedIn', 'refreshed', 'signedOut: logout']);
  });

  // T-vxnc
  it('a page that was closed during a refresh leaves its retry key to the next page', async () => {
    await open().login(credentials);
    world.server.failNext('/auth/refresh', 'lost');
    expect(await open().refresh()).toBe('unavailable');
    const next = open();
    expect(await next.refresh()).toBe('refreshed');
    expect(world.server.spentTokensSeen).toBe(0);
    const keys = world.server.seen
      .filter(({ path }) => path === '/auth/refresh')
      .map(({ key }) => key);
    expect(keys[0]).toMatch(/^[\w-]{22,128}$/);
    expect(keys[1]).toBe(keys[0]);
    await next.refresh();
    expect(world.server.seen.at(-1)?.key).not.toBe(keys[0]);
  });

  it('without crypto no retry key is sent, because it could be guessed', async () => {
    const crypto = Object.getOwnPropertyDescriptor(globalThis, 'crypto') ?? {};
    Object.defineProperty(globalThis, 'crypto', { value: undefined, configurable: true });
    try {
      const client = await signedIn({ transport: 'bearer' });
      expect(await client.refresh()).toBe('refreshed');
      expect(world.server.seen.map(({ key }) => key)).toEqual([null, null]);
    } finally {
      Object.defineProperty(globalThis, 'crypto', crypto);
    }
  });

  // T-5pfh
  it('a frozen tab that holds the lock blocks the others for ten seconds, once', async () => {
    jest.useFakeTimers({ advanceTimers: true });
    const [frozen, other] = [open(), open()];
    void frozen.loginWith(() => new Promise(() => undefined));
    await other
      .login(credentials)
      .catch(() => undefined)
      .then(() => undefined);
    expect(await other.refresh()).toBe('refreshed');
  }, 25_000);

  // T-wvhm
  it('a tab that was frozen does not undo what was done meanwhile', async () => {
    const [frozen, other] = [open({ transport: 'hybrid' }), open({ transport: 'hybrid' })];
    await frozen.login(credentials);
    await later(40);
    const release = world.server.holdNext('/auth/refresh');
    const refreshing = frozen.refresh();
    while (world.server.count('/auth/refresh') === 0) await later(1);
    world.browser.stealLock();
    await other.logout();
    release();
    expect(await refreshing).toBe('unavailable');
    await later(100);
    expect(frozen.events.filter((event) => event !== 'restored')).toEqual([
      'signedIn',
      'signedOut: logout',
    ]);
    expect(other.events).toEqual(['signedIn', 'signedOut: logout']);
  });
});
