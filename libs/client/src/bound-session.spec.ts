import { describe, expect, it, jest } from '@jest/globals';
import { credentials, fakeWorld } from './world.fixture.js';

const { world, signedIn, statusOf } = fakeWorld();

describe('a session that is bound to a key of the browser', () => {
  // T-bks1
  it('is signed out where the browser lost the key: a request is 401, and the refresh requires the key', async () => {
    const client = await signedIn();
    world.server.expireAccessTokens();
    world.server.failNext('/auth/refresh', 'key');
    expect(await statusOf(client)).toBe(401);
    expect(client.events).toEqual(['signedIn', 'signedOut: refused']);
    expect(await client.session()).toBeUndefined();
    await client.login(credentials);
    expect(await statusOf(client)).toBe(200);
    expect(client.events).toEqual(['signedIn', 'signedOut: refused', 'signedIn']);
  });

  it.each(['hybrid', 'bearer'] as const)(
    '%s: is signed out also when the token was known to be over',
    async (transport) => {
      const client = await signedIn({ transport });
      world.server.expireAccessTokens();
      jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
      world.server.failNext('/auth/refresh', 'key');
      expect(await statusOf(client)).toBe(401);
      expect(client.events).toEqual(['signedIn', 'signedOut: refused']);
    },
  );

  // T-bks2
  it('continues while its cookie is valid, whatever the answer to an unneeded refresh', async () => {
    const client = await signedIn();
    world.server.failNext('/auth/refresh', 'key');
    expect(await client.refresh()).toBe('bound');
    expect(await statusOf(client)).toBe(200);
    expect(client.events).toEqual(['signedIn']);
  });

  // T-bks4
  it('continues where the browser renewed the cookie a moment later, because the request is sent again', async () => {
    const client = await signedIn();
    world.server.failNext('/echo', 401);
    world.server.failNext('/auth/refresh', 'key');
    expect(await statusOf(client)).toBe(200);
    expect(world.server.count('/echo')).toBe(2);
    expect(client.events).toEqual(['signedIn']);
  });

  it('another 403, such as from a firewall, does not sign the user out', async () => {
    const client = await signedIn();
    world.server.expireAccessTokens();
    world.server.failNext('/auth/refresh', 403);
    expect(await statusOf(client)).toBe(503);
    expect(client.events).toEqual(['signedIn']);
  });
});
