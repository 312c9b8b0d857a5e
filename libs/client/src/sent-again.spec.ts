import { describe, expect, it } from '@jest/globals';
import { createAuthClient, memoryStore } from './index.js';
import { credentials, fakeWorld } from './world.fixture.js';

const { world, open, signedIn, statusOf } = fakeWorld();

describe('what is sent again', () => {
  it.each<[string, () => RequestInit]>([
    ['text', () => ({ body: 'x' })],
    ['bytes', () => ({ body: new TextEncoder().encode('x') })],
    ['a blob', () => ({ body: new Blob(['x']) })],
    ['a form', () => ({ body: new URLSearchParams('x') })],
  ])('%s', async (_name, init) => {
    const client = await signedIn();
    world.server.expireAccessTokens();
    const answer = await client.fetch('https://api.test/echo', { method: 'POST', ...init() });
    expect(await answer.text()).toMatch(/^x=?$/);
  });

  it('a Request object, which stays readable for its owner', async () => {
    const client = await signedIn();
    world.server.expireAccessTokens();
    const request = new Request('https://api.test/echo', { method: 'PUT', body: 'mine' });
    expect(await (await client.fetch(request)).text()).toBe('mine');
    expect(await request.text()).toBe('mine');
  });

  // T-d5p2
  it('a stream is not: the caller sees the 401, and the next call succeeds', async () => {
    const client = await signedIn();
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

  it('not a request whose proof is too old, because the page must ask for a new one', async () => {
    const client = await signedIn();
    expect(await statusOf(client, '/step-up')).toBe(401);
    expect(world.server.count('/auth/refresh')).toBe(0);
    expect(world.server.count('/step-up')).toBe(1);
  });

  it('no request a third time', async () => {
    const client = await signedIn();
    expect(await statusOf(client, '/always-401')).toBe(401);
    expect(world.server.count('/always-401')).toBe(2);
  });
});

describe('a fetch of the host', () => {
  const form = new FormData();
  form.set('name', 'x');

  it.each<[string, BodyInit, string]>([
    ['text', '{}', 'text/plain;charset=UTF-8'],
    ['a form', form, 'multipart/form-data; boundary='],
  ])('may spread the headers of init to add one of its own: %s', async (_name, body, type) => {
    const sent: Record<string, string>[] = [];
    const send: typeof fetch = (input, init) => {
      const headers = { ...(init?.headers as Record<string, string>), 'x-csrf-token': 'c' };
      const request = new Request(input, { ...init, headers });
      sent.push(Object.fromEntries(request.headers));
      return world.server.fetch(request);
    };
    const client = await signedIn({ transport: 'bearer', fetch: send });
    await client.fetch('/echo', { method: 'POST', body, headers: new Headers({ 'X-Own': 'o' }) });
    expect(sent.at(-1)).toEqual({
      authorization: 'Bearer access-1',
      'content-type': expect.stringContaining(type),
      'x-csrf-token': 'c',
      'x-own': 'o',
    });
  });

  // T-r7fp
  it.each<[string, (init: RequestInit) => [string | Request, RequestInit?]]>([
    ['given beside it', (init) => ['/echo', init]],
    ['of a Request', (init) => [new Request('https://api.test/echo', init)]],
  ])('sends the referrer and its policy as they were %s', async (_name, given) => {
    const sent: string[] = [];
    const send: typeof fetch = (input, init) => {
      const { referrer, referrerPolicy } = new Request(input, init);
      if (input instanceof Request) sent.push(`${referrer} ${referrerPolicy}`);
      return world.server.fetch(input, init);
    };
    const client = await signedIn({ fetch: send });
    await client.fetch(...given({ referrerPolicy: 'no-referrer' }));
    await client.fetch(...given({ referrer: '' }));
    await client.fetch(...given({}));
    expect(sent).toEqual(['about:client no-referrer', ' ', 'about:client ']);
  });

  it('gets whole addresses of the page, which is all that Node takes in jsdom', async () => {
    world.browser.at('https://page.test/app/notes');
    const sent: unknown[] = [];
    const client = createAuthClient({
      fetch: (input, init) => {
        sent.push(input instanceof Request ? input.url : input);
        return world.server.fetch(input, init);
      },
    });
    await client.login(credentials);
    expect(await client.session()).toMatchObject({ id: 'u1' });
    client.close();
    expect(sent).toEqual(['https://page.test/auth/login', 'https://page.test/auth/me']);
  });

  it('gets the bytes as they were at the call', async () => {
    const client = await signedIn();
    world.server.expireAccessTokens();
    const bytes = new TextEncoder().encode('mine');
    const answer = client.fetch('/echo', { method: 'POST', body: bytes });
    bytes.fill(0x21);
    expect(await (await answer).text()).toBe('mine');
  });
});

describe('an answer that was lost', () => {
  // T-b78v
  it.each(['cookie', 'hybrid', 'bearer'] as const)(
    '%s: the next try says by its key that it is one, and nobody is signed out',
    async (transport) => {
      const client = await signedIn({ transport });
      world.server.failNext('/auth/refresh', 'lost');
      expect(await client.refresh()).toBe('unavailable');
      expect(await client.refresh()).toBe('refreshed');
      expect(world.server.spentTokensSeen).toBe(0);
      expect(client.events).toEqual(['signedIn', 'refreshed']);
    },
  );

  // T-kbs7
  it('is requested again from its store by an app that was killed meanwhile', async () => {
    const store = memoryStore();
    const killed = await signedIn({ transport: 'bearer', store });
    world.server.failNext('/auth/refresh', 'lost');
    await killed.refresh();
    expect(await open({ transport: 'bearer', store }).refresh()).toBe('refreshed');
    expect(world.server.spentTokensSeen).toBe(0);
  });

  // T-fszb
  it('a store that fails one write loses no tokens, and is written again', async () => {
    const inner = memoryStore();
    let isLocked = false;
    const set: typeof inner.set = (tokens) => {
      if (isLocked) throw new Error('locked');
      return inner.set(tokens);
    };
    const client = await signedIn({ transport: 'bearer', store: { get: inner.get, set } });
    isLocked = true;
    expect(await client.refresh()).toBe('refreshed');
    isLocked = false;
    expect(await client.refresh()).toBe('refreshed');
    expect(await inner.get()).toMatchObject({ refreshToken: 'refresh-3' });
    expect(world.server.spentTokensSeen).toBe(0);
  });
});
