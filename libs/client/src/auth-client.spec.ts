import { describe, expect, it, jest } from '@jest/globals';
import { type AuthClient, AuthClientError, memoryStore } from './index.js';
import { credentials, fakeWorld, later } from './world.fixture.js';

const { world, open } = fakeWorld();

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
    world.server.expireAccessTokens();
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((body) =>
        client.fetch('https://api.test/echo', { method: 'POST', body }).then((answer) => answer.text()),
      ),
    );
    expect(answers).toEqual(['a', 'b', 'c', 'd']);
    expect(world.server.count('/auth/refresh')).toBe(1);
    expect(world.server.count('/echo')).toBe(8);
  });

  it('a definite refusal signs out once, however many asked', async () => {
    const client = open({ transport });
    await client.login(credentials);
    world.server.endSession();
    const answers = await Promise.all([1, 2, 3].map(() => client.fetch('https://api.test/echo')));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(client.events.filter((event) => event.startsWith('signedOut'))).toEqual(['signedOut: refused']);
    expect(world.server.count('/auth/refresh')).toBe(1);
  });

  // T-bh6g
  it.each([
    ['503', 503],
    ['500', 500],
    ['429', 429],
    ['a network error', 'network'],
    ['an answer that is no JSON', { text: '<html>' }],
    ['an answer in an envelope', { text: '{"data":{"tokenType":"Bearer","expiresIn":900}}' }],
    ['an answer without a lifetime', { text: '{"tokenType":"Bearer","accessToken":"x","refreshToken":"y"}' }],
  ] as const)('%s of a refresh signs nobody out', async (_name, fault) => {
    const client = open({ transport });
    await client.login(credentials);
    world.server.expireAccessTokens();
    world.server.failNext('/auth/refresh', fault);
    expect(await client.refresh()).toBe('unavailable');
    expect(client.events).toEqual(['signedIn']);
    if (typeof fault === 'object') return; // the token was spent on the way
    world.server.failNext('/auth/refresh', fault);
    // a 401 would look like a sign-out to the page
    expect((await client.fetch('https://api.test/echo')).status).toBe(503);
    expect((await client.fetch('https://api.test/echo')).status).toBe(200);
  });

  // T-ggfv
  it.each([
    '<html>',
    'null',
    '{"data":{"tokenType":"Bearer","expiresIn":900,"user":{"id":"u1"}}}',
    '{"tokenType":"Bearer","accessToken":"x","refreshToken":"y","user":{"id":"u1"}}',
    '{"tokenType":"Bearer","expiresIn":"900","accessToken":"x","refreshToken":"y","user":{"id":"u1"}}',
    '{"tokenType":"Bearer","expiresIn":0,"accessToken":"x","refreshToken":"y","user":{"id":"u1"}}',
    '{"tokenType":"Bearer","expiresIn":900,"accessToken":"x","refreshToken":"y"}',
  ])('a login answered %s is an error that says so, and nothing is refreshed', async (text) => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'performance'] });
    const client = open({ transport, refreshAheadMs: 60_000 });
    world.server.failNext('/auth/login', { text });
    await expect(client.login(credentials)).rejects.toThrow(/not an answer of Tokenward/);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(world.server.count('/auth/refresh')).toBe(0);
    expect(client.events).toEqual([]);
  });

  it.each(['<html>', '{"data":{"id":"u1"}}'])(
    'a session answered %s is an error that says so',
    async (text) => {
      const client = open({ transport });
      await client.login(credentials);
      world.server.failNext('/auth/me', { text });
      await expect(client.session()).rejects.toThrow(/not an answer of Tokenward/);
    },
  );

  it('a logout that the server could not make durable leaves the user signed in', async () => {
    const client = open({ transport });
    await client.login(credentials);
    world.server.failNext('/auth/logout', 503);
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
    world.server.expireAccessTokens();
    const answer = await client.fetch('https://api.test/echo', { method: 'POST', ...init() });
    expect(await answer.text()).toMatch(/^x=?$/);
  });

  it('a Request, which stays readable for its owner', async () => {
    const client = open();
    await client.login(credentials);
    world.server.expireAccessTokens();
    const request = new Request('https://api.test/echo', { method: 'PUT', body: 'mine' });
    expect(await (await client.fetch(request)).text()).toBe('mine');
    expect(await request.text()).toBe('mine');
  });

  // T-d5p2
  it('a stream is not: the caller sees the 401, and the next try goes through', async () => {
    const client = open();
    await client.login(credentials);
    world.server.expireAccessTokens();
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
    expect(world.server.count('/auth/refresh')).toBe(0);
    expect(world.server.count('/step-up')).toBe(1);
  });

  it('nothing a third time', async () => {
    const client = open();
    await client.login(credentials);
    expect((await client.fetch('https://api.test/always-401')).status).toBe(401);
    expect(world.server.count('/always-401')).toBe(2);
  });
});

describe('tokens', () => {
  it('go to the API alone', async () => {
    const client = open({ transport: 'bearer' });
    await client.login(credentials);
    await client.fetch('https://api.test.evil.example/steal');
    await client.fetch(new Request('https://api.test:8443/steal'));
    expect(
      world.server.seen.filter(({ path }) => path === '/steal').map(({ authorization }) => authorization),
    ).toEqual([null, null]);
  });

  it('reach no other tab and no storage in cookie mode', async () => {
    const client = open();
    await client.login(credentials);
    await client.refresh();
    expect(
      JSON.stringify([world.browser.messages, world.browser.stored, world.browser.lockNames]),
    ).not.toMatch(/access-|refresh-/);
  });

  // T-3gpt
  it.each([
    ['cookie', [undefined, undefined, undefined]],
    ['hybrid', [undefined, 'access-1', 'access-2']],
    ['bearer', [undefined, 'access-1', 'access-2']],
  ] as const)('%s: handed to a socket, fresh, where scripts hold them', async (transport, expected) => {
    jest.useFakeTimers({ advanceTimers: true });
    const client = open({ transport });
    const tokens = [await client.accessToken()];
    await client.login(credentials);
    tokens.push(await client.accessToken());
    jest.setSystemTime(Date.now() + 901_000);
    tokens.push(await client.accessToken());
    expect(tokens).toEqual(expected);
  });

  it('come from a sign-in at a route of the host too, in every tab', async () => {
    const [first, second] = [open({ transport: 'hybrid' }), open({ transport: 'hybrid' })];
    const user = await first.loginWith(() =>
      world.server.fetch('https://api.test/auth/login', {
        method: 'POST',
        body: JSON.stringify({ email: 'ada@example.com', transport: 'hybrid' }),
      }),
    );
    expect(user).toMatchObject({ id: 'u1' });
    await later(10);
    expect(await second.accessToken()).toBe('access-1');
    await expect(
      first.loginWith(() => world.server.fetch('https://api.test/always-401')),
    ).rejects.toMatchObject({
      status: 401,
    });
    expect([first.events, second.events]).toEqual([['signedIn'], ['signedIn']]);
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
    expect(world.server.lastBody('/auth/login')).toMatchObject({ device: 'device-1' });
  });

  // T-dvn5
  it('are there again after a restart of a bearer client', async () => {
    const store = memoryStore();
    await open({ transport: 'bearer', store }).login(credentials);
    const restarted = open({ transport: 'bearer', store });
    expect((await restarted.fetch('https://api.test/echo')).status).toBe(200);
    expect(world.server.count('/auth/refresh')).toBe(1);
  });
});

describe('an answer that was lost', () => {
  // T-b78v
  it.each(['cookie', 'hybrid', 'bearer'] as const)(
    '%s: the next try says by its key that it is one, and nobody is signed out',
    async (transport) => {
      const client = open({ transport });
      await client.login(credentials);
      world.server.failNext('/auth/refresh', 'lost');
      expect(await client.refresh()).toBe('unavailable');
      expect(await client.refresh()).toBe('refreshed');
      expect(world.server.spentTokensSeen).toBe(0);
      expect(client.events).toEqual(['signedIn', 'refreshed']);
    },
  );

  // T-kbs7
  it('is asked for again by the app that was killed meanwhile, from its store', async () => {
    const store = memoryStore();
    const killed = open({ transport: 'bearer', store });
    await killed.login(credentials);
    world.server.failNext('/auth/refresh', 'lost');
    await killed.refresh();
    expect(await open({ transport: 'bearer', store }).refresh()).toBe('refreshed');
    expect(world.server.spentTokensSeen).toBe(0);
  });

  // T-fszb
  it('a store that refuses one write loses no pair, and is written again', async () => {
    const inner = memoryStore();
    let isLocked = false;
    const set: typeof inner.set = (tokens) => {
      if (isLocked) throw new Error('locked');
      return inner.set(tokens);
    };
    const client = open({ transport: 'bearer', store: { get: inner.get, set } });
    await client.login(credentials);
    isLocked = true;
    expect(await client.refresh()).toBe('refreshed');
    isLocked = false;
    expect(await client.refresh()).toBe('refreshed');
    expect(await inner.get()).toMatchObject({ refreshToken: 'refresh-3' });
    expect(world.server.spentTokensSeen).toBe(0);
  });
});

describe('two people', () => {
  // T-g5md
  it('of one server process share nothing, although it has channels and locks', async () => {
    Reflect.deleteProperty(globalThis, 'document');
    const [ada, bob] = [open({ transport: 'hybrid' }), open({ transport: 'hybrid' })];
    await ada.login(credentials);
    await later(10);
    expect(bob.events).toEqual([]);
    expect([world.browser.messages, world.browser.lockNames]).toEqual([[], []]);
  });

  // T-555h
  it('what one has under way is not sent again as the next', async () => {
    const client = open();
    await client.login(credentials);
    world.server.expireAccessTokens();
    const slow = client.fetch('https://api.test/slow', { method: 'POST', body: 'hers' });
    await later(5);
    await client.logout();
    await client.login({ ...credentials, email: 'bob@example.com' });
    world.server.finishSlow();
    expect((await slow).status).toBe(401);
    expect(world.server.count('/slow')).toBe(1);
  });
});

describe('waits', () => {
  // T-4qz7
  it('end with the signal of the caller while a refresh is under way', async () => {
    const never = new Promise<Response>(() => undefined);
    const send: typeof fetch = (input, init) =>
      String(input).endsWith('/auth/refresh') ? never : world.server.fetch(input, init);
    const client = open({ fetch: send });
    await client.login(credentials);
    world.server.expireAccessTokens();
    const signal = AbortSignal.timeout(20);
    await expect(client.fetch('https://api.test/echo', { signal })).rejects.toThrow();
  });

  it('a logout that is answered by somebody else ends nothing, and says so', async () => {
    const client = open();
    await client.login(credentials);
    world.server.failNext('/auth/logout', { text: '<html>' });
    await expect(client.logout()).rejects.toThrow(/not an answer of Tokenward/);
    expect(client.events).toEqual(['signedIn']);
  });
});

describe('errors', () => {
  it('are the server’s words', async () => {
    world.server.failNext('/auth/login', 429);
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
    world.server.expireAccessTokens();
    world.server.failNext('/auth/refresh', 503);
    await expect(client.session()).rejects.toMatchObject({ status: 503 });
    expect(await client.session()).toMatchObject({ id: 'u1' });
  });
});

describe('a session that is bound to a key of the browser', () => {
  // T-bks1
  it('is signed out where the browser lost the key: a request was 401, and the refresh wants the key', async () => {
    const client = open();
    await client.login(credentials);
    world.server.expireAccessTokens();
    world.server.failNext('/auth/refresh', 'key');
    expect((await client.fetch('https://api.test/echo')).status).toBe(401);
    expect(client.events).toEqual(['signedIn', 'signedOut: refused']);
    expect(await client.session()).toBeUndefined();
    await client.login(credentials);
    expect((await client.fetch('https://api.test/echo')).status).toBe(200);
    expect(client.events).toEqual(['signedIn', 'signedOut: refused', 'signedIn']);
  });

  it.each(['hybrid', 'bearer'] as const)(
    '%s: is signed out also when the token was known to be over',
    async (transport) => {
      const client = open({ transport });
      await client.login(credentials);
      world.server.expireAccessTokens();
      jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
      world.server.failNext('/auth/refresh', 'key');
      expect((await client.fetch('https://api.test/echo')).status).toBe(401);
      expect(client.events).toEqual(['signedIn', 'signedOut: refused']);
    },
  );

  // T-bks2
  it('goes on while its cookie is good, whatever a refresh that nobody needed is answered', async () => {
    const client = open();
    await client.login(credentials);
    world.server.failNext('/auth/refresh', 'key');
    expect(await client.refresh()).toBe('bound');
    expect((await client.fetch('https://api.test/echo')).status).toBe(200);
    expect(client.events).toEqual(['signedIn']);
  });

  // T-bks4
  it('goes on where the browser renewed the cookie a moment later: the request is sent again', async () => {
    const client = open();
    await client.login(credentials);
    world.server.failNext('/echo', 401);
    world.server.failNext('/auth/refresh', 'key');
    expect((await client.fetch('https://api.test/echo')).status).toBe(200);
    expect(world.server.count('/echo')).toBe(2);
    expect(client.events).toEqual(['signedIn']);
  });

  it('another 403, such as that of a firewall, does not sign anybody out', async () => {
    const client = open();
    await client.login(credentials);
    world.server.expireAccessTokens();
    world.server.failNext('/auth/refresh', 403);
    expect((await client.fetch('https://api.test/echo')).status).toBe(503);
    expect(client.events).toEqual(['signedIn']);
  });
});

describe('a call', () => {
  // T-z7mc
  it.each<[string, (client: AuthClient, signal: AbortSignal) => Promise<unknown>]>([
    ['login', (client, signal) => client.login(credentials, { signal })],
    ['logout', (client, signal) => client.logout({ signal })],
    ['session', (client, signal) => client.session({ signal })],
    ['changePassword', (client, signal) => client.changePassword('a', 'b', { signal })],
    ['reauthenticate', (client, signal) => client.reauthenticate({ code: '123456' }, { signal })],
  ])('%s ends with the signal of the caller', async (_name, call) => {
    const client = open({ fetch: () => new Promise(() => undefined) });
    const controller = new AbortController();
    const calling = call(client, controller.signal);
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(calling).rejects.toThrow('enough');
  });

  it('that nobody answers ends by itself', async () => {
    jest.useFakeTimers({ advanceTimers: true });
    const client = open({ fetch: () => new Promise(() => undefined) });
    const ends = expect(Promise.allSettled([client.session(), client.login(credentials)])).resolves.toEqual([
      expect.objectContaining({ status: 'rejected' }),
      expect.objectContaining({ status: 'rejected' }),
    ]);
    await jest.advanceTimersByTimeAsync(31_000);
    await ends;
  });

  it('proves identity with whatever the server takes', async () => {
    const client = open();
    await client.login(credentials);
    world.server.failNext('/auth/reauthenticate', 403);
    await expect(client.reauthenticate({ code: '123456' })).rejects.toMatchObject({ status: 403 });
    expect(world.server.lastBody('/auth/reauthenticate')).toEqual({ code: '123456' });
  });
});
