import { describe, expect, it, jest } from '@jest/globals';
import { type AuthClient, AuthClientError } from './index.js';
import { credentials, fakeWorld, later } from './world.fixture.js';

const { world, open, signedIn, statusOf } = fakeWorld();

describe.each(['cookie', 'hybrid', 'bearer'] as const)('%s', (transport) => {
  it('signs in, has a user, signs out', async () => {
    const client = open({ transport });
    expect(await client.login(credentials)).toMatchObject({ email: 'ada@example.com' });
    expect(await client.session()).toMatchObject({ id: 'u1' });
    await client.logout();
    expect(client.events).toEqual(['signedIn', 'signedOut: logout']);
    expect(await client.session()).toBeUndefined();
  });

  it('refreshes once for many requests refused at the same time, and sends each again once', async () => {
    const client = await signedIn({ transport });
    world.server.expireAccessTokens();
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((body) =>
        client
          .fetch('https://api.test/echo', { method: 'POST', body })
          .then((answer) => answer.text()),
      ),
    );
    expect(answers).toEqual(['a', 'b', 'c', 'd']);
    expect(world.server.count('/auth/refresh')).toBe(1);
    expect(world.server.count('/echo')).toBe(8);
  });

  it('a definite refusal signs out once for all requests', async () => {
    const client = await signedIn({ transport });
    world.server.endSession();
    const answers = await Promise.all([1, 2, 3].map(() => client.fetch('https://api.test/echo')));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(client.events.filter((event) => event.startsWith('signedOut'))).toEqual([
      'signedOut: refused',
    ]);
    expect(world.server.count('/auth/refresh')).toBe(1);
  });

  // T-bh6g
  it.each([
    ['503', 503],
    ['500', 500],
    ['429', 429],
    ['a network error', 'network'],
    ['an answer that is not JSON', { text: '<html>' }],
    ['an answer in an envelope', { text: '{"data":{"tokenType":"Bearer","expiresIn":900}}' }],
    [
      'an answer without a lifetime',
      { text: '{"tokenType":"Bearer","accessToken":"x","refreshToken":"y"}' },
    ],
  ] as const)('%s of a refresh signs nobody out', async (_name, fault) => {
    const client = await signedIn({ transport });
    world.server.expireAccessTokens();
    world.server.failNext('/auth/refresh', fault);
    expect(await client.refresh()).toBe('unavailable');
    expect(client.events).toEqual(['signedIn']);
    if (typeof fault === 'object') return; // the token was spent although the answer was lost
    world.server.failNext('/auth/refresh', fault);
    // the page would treat a 401 as a sign-out
    expect(await statusOf(client)).toBe(503);
    expect(await statusOf(client)).toBe(200);
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
    'a session answer of %s causes a clear error',
    async (text) => {
      const client = await signedIn({ transport });
      world.server.failNext('/auth/me', { text });
      await expect(client.session()).rejects.toThrow(/not an answer of Tokenward/);
    },
  );

  it('a logout that the server could not store leaves the user signed in', async () => {
    const client = await signedIn({ transport });
    world.server.failNext('/auth/logout', 503);
    await expect(client.logout()).rejects.toMatchObject({ status: 503, retryAfterSeconds: 7 });
    expect(client.events).toEqual(['signedIn']);
    expect(await client.session()).toMatchObject({ id: 'u1' });
  });
});

describe('two users', () => {
  // T-g5md
  it('of one server process share nothing, although it has BroadcastChannel and locks', async () => {
    Reflect.deleteProperty(globalThis, 'document');
    const [ada, bob] = [open({ transport: 'hybrid' }), open({ transport: 'hybrid' })];
    await ada.login(credentials);
    await later(10);
    expect(bob.events).toEqual([]);
    expect([world.browser.messages, world.browser.lockNames]).toEqual([[], []]);
  });

  // T-555h
  it('a request of one user is not sent again as the next user', async () => {
    const client = await signedIn();
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
  it('end with the signal of the caller during a refresh', async () => {
    const never = new Promise<Response>(() => undefined);
    const send: typeof fetch = (input, init) =>
      String(input).endsWith('/auth/refresh') ? never : world.server.fetch(input, init);
    const client = await signedIn({ fetch: send });
    world.server.expireAccessTokens();
    const signal = AbortSignal.timeout(20);
    await expect(client.fetch('https://api.test/echo', { signal })).rejects.toThrow();
  });

  it('a logout that another server answered ends nothing, and fails', async () => {
    const client = await signedIn();
    world.server.failNext('/auth/logout', { text: '<html>' });
    await expect(client.logout()).rejects.toThrow(/not an answer of Tokenward/);
    expect(client.events).toEqual(['signedIn']);
  });
});

describe('errors', () => {
  it('carry the server’s message', async () => {
    world.server.failNext('/auth/login', 429);
    const refusal = open().login(credentials);
    await expect(refusal).rejects.toBeInstanceOf(AuthClientError);
    await expect(refusal).rejects.toMatchObject({
      status: 429,
      message: 'fault 429',
      retryAfterSeconds: 7,
    });
  });

  it('of a listener do not affect others', async () => {
    const client = open();
    client.on('refreshed', () => {
      throw new Error('mine');
    });
    await client.login(credentials);
    expect(client.events).toContain('signedIn');
  });

  it('the sign-in state is not guessed', async () => {
    const client = await signedIn();
    world.server.expireAccessTokens();
    world.server.failNext('/auth/refresh', 503);
    await expect(client.session()).rejects.toMatchObject({ status: 503 });
    expect(await client.session()).toMatchObject({ id: 'u1' });
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

  it('without an answer times out', async () => {
    jest.useFakeTimers({ advanceTimers: true });
    const client = open({ fetch: () => new Promise(() => undefined) });
    const ends = expect(
      Promise.allSettled([client.session(), client.login(credentials)]),
    ).resolves.toEqual([
      expect.objectContaining({ status: 'rejected' }),
      expect.objectContaining({ status: 'rejected' }),
    ]);
    await jest.advanceTimersByTimeAsync(31_000);
    await ends;
  });

  it('reauthenticates with any proof that the server accepts', async () => {
    const client = await signedIn();
    world.server.failNext('/auth/reauthenticate', 403);
    await expect(client.reauthenticate({ code: '123456' })).rejects.toMatchObject({ status: 403 });
    expect(world.server.lastBody('/auth/reauthenticate')).toEqual({ code: '123456' });
  });
});

it.each<[string, RequestInit | undefined, RequestInit | undefined, string | null]>([
  ['omit, in the request', { credentials: 'omit' }, undefined, null],
  ['omit, beside the request', {}, { credentials: 'omit' }, null],
  [
    'include, beside a request that says omit',
    { credentials: 'omit' },
    { credentials: 'include' },
    'Bearer access-1',
  ],
])('credentials: %s', async (_name, inRequest, beside, sent) => {
  const client = await signedIn({ transport: 'bearer' });
  await client.fetch(new Request('https://api.test/echo', inRequest), beside);
  const asked = world.server.seen.filter(({ path }) => path === '/echo');
  expect(asked.map(({ authorization }) => authorization)).toEqual([sent]);
});

it.each<[string, string, 'cookie' | 'hybrid' | 'bearer', boolean]>([
  ['https://app.example.com/', 'https://api.example.com', 'cookie', false],
  ['http://localhost:5173/', 'http://localhost:3000', 'cookie', false],
  ['https://app.example.com/', '', 'cookie', false],
  ['https://app.example.com/', 'https://api.example.net', 'cookie', true],
  ['https://app.example.com/', 'https://api.example.net', 'hybrid', true],
  ['https://app.example.com/', 'https://api.example.net', 'bearer', false],
  ['http://app.example.com/', 'https://api.example.com', 'cookie', true],
  ['http://localhost:5173/', 'http://127.0.0.1:3000', 'cookie', true],
])(
  'a page at %s with an API at %s (%s) is warned of two sites: %p',
  (page, baseUrl, transport, isWarned) => {
    const warn = jest.spyOn(console, 'warn').mockReturnValue();
    world.browser.at(page);
    open({ baseUrl, transport });
    expect(warn.mock.calls.flat().join().includes('another site')).toBe(isWarned);
    warn.mockRestore();
  },
);
