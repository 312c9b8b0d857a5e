import { describe, expect, it, jest } from '@jest/globals';
import { memoryStore } from './index.js';
import { credentials, fakeWorld, later } from './world.fixture.js';

const { world, open, signedIn, statusOf } = fakeWorld();

describe('tokens', () => {
  it('are sent to the API alone', async () => {
    const client = await signedIn({ transport: 'bearer' });
    await client.fetch('https://api.test.evil.example/steal');
    await client.fetch(new Request('https://api.test:8443/steal'));
    expect(
      world.server.seen
        .filter(({ path }) => path === '/steal')
        .map(({ authorization }) => authorization),
    ).toEqual([null, null]);
  });

  it('do not reach another tab or a storage in cookie mode', async () => {
    const client = await signedIn();
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
  ] as const)(
    '%s: handed to a socket, fresh, where scripts hold them',
    async (transport, expected) => {
      jest.useFakeTimers({ advanceTimers: true });
      const client = open({ transport });
      const tokens = [await client.accessToken()];
      await client.login(credentials);
      tokens.push(await client.accessToken());
      jest.setSystemTime(Date.now() + 901_000);
      tokens.push(await client.accessToken());
      expect(tokens).toEqual(expected);
    },
  );

  it('are also taken from a sign-in at a route of the host, in every tab', async () => {
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

  it('of a bearer client are kept in its store: the newest refresh token, and the device id even after a logout', async () => {
    const store = memoryStore();
    const client = await signedIn({ transport: 'bearer', store });
    await client.refresh();
    expect(store.get()).toEqual({ refreshToken: 'refresh-2', device: 'device-1' });
    await client.logout();
    expect(store.get()).toEqual({ refreshToken: undefined, device: 'device-1' });
    await client.login(credentials);
    expect(world.server.lastBody('/auth/login')).toMatchObject({ device: 'device-1' });
  });

  // T-dvn5
  it('are loaded after a restart of a bearer client', async () => {
    const store = memoryStore();
    await open({ transport: 'bearer', store }).login(credentials);
    const restarted = open({ transport: 'bearer', store });
    expect(await statusOf(restarted)).toBe(200);
    expect(world.server.count('/auth/refresh')).toBe(1);
  });
});
