import { afterEach, describe, expect, it } from '@jest/globals';
import { type AuthClient, createAuthClient } from './index.js';
import { createDpopClient } from './dpop.js';
import { memoryKeys } from './dpop-keys.js';
import { BASE, fakeApi } from './dpop-api.fixture.js';
import { credentials, fakeWorld } from './world.fixture.js';

const { world, open } = fakeWorld();

const withHeaders = (send: typeof fetch, headers: HeadersInit | undefined) =>
  ((input, init) => send(input, { ...init, ...(headers && { headers }) })) as typeof fetch;

/** What tools that watch a page make of the global `fetch`. */
const KINDS: readonly [string, (send: typeof fetch) => typeof fetch][] = [
  [
    'OpenTelemetry before 0.215: it passes a Request on alone',
    (send) => (input, init) => (input instanceof Request ? send(input) : send(input, init)),
  ],
  [
    'OpenTelemetry since, for an address that is not traced: it reads a Request that has an init beside it',
    (send) => (input, init) => {
      if (input instanceof Request && init) void new Request(input, init).text();
      return send(input, init);
    },
  ],
  [
    'Sentry before 7.94: it sends the headers of a Request in the place of those of init',
    (send) => (input, init) =>
      withHeaders(send, input instanceof Request ? input.headers : init?.headers)(input, init),
  ],
];

describe.each(KINDS)('under %s', (_name, watch) => {
  const { fetch: before } = globalThis;
  const clients: AuthClient[] = [];
  afterEach(() => {
    globalThis.fetch = before;
    for (const client of clients.splice(0)) client.close();
  });

  it.each(['cookie', 'hybrid', 'bearer'] as const)(
    '%s: requests keep their token, body and own headers, also when they are sent again',
    async (transport) => {
      const own: unknown[] = [];
      globalThis.fetch = watch((input, init) => {
        const request = new Request(input as string, init);
        own.push(request.headers.get('x-own'));
        return world.server.fetch(request);
      });
      const client = open({ transport, fetch: undefined });
      await client.login(credentials);
      const init = { method: 'POST', body: 'x', headers: { 'x-own': 'o' } };
      for (const _ of [1, 2]) {
        expect(await (await client.fetch('/echo', init)).text()).toBe('x');
        expect(own.at(-1)).toBe('o');
        world.server.expireAccessTokens();
      }
      expect(world.server.count('/echo')).toBe(3);
    },
  );

  it('a client with a key: requests keep their proof', async () => {
    const api = fakeApi();
    globalThis.fetch = watch(api.fetch);
    const client = createDpopClient({
      baseUrl: BASE,
      transport: 'bearer',
      refreshAheadMs: 0,
      keys: memoryKeys(),
    });
    clients.push(client);
    await client.login(credentials);
    const answer = await client.fetch('/notes', { method: 'POST', body: 'x' });
    expect(await answer.json()).toEqual({ body: 'x' });
  });
});

it('the example of the documentation adds its header under each of them', async () => {
  const { fetch: before } = globalThis;
  const sent: unknown[] = [];
  try {
    for (const [, watch] of KINDS) {
      globalThis.fetch = watch((input, init) => {
        const request = new Request(input as string, init);
        sent.push([request.headers.get('x-csrf-token'), request.headers.get('authorization')]);
        return world.server.fetch(request);
      });
      const client = createAuthClient({
        baseUrl: BASE,
        transport: 'bearer',
        refreshAheadMs: 0,
        fetch: (input, init) => {
          const headers = { ...(init?.headers as object), 'x-csrf-token': 'of the page' };
          return fetch(new Request(input, { ...init, headers }));
        },
      });
      await client.login(credentials);
      expect((await client.fetch('/echo', { method: 'POST', body: 'x' })).status).toBe(200);
      expect(sent.at(-1)).toEqual(['of the page', expect.stringContaining('Bearer ')]);
      client.close();
    }
  } finally {
    globalThis.fetch = before;
  }
});
