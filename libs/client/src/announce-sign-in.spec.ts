import { describe, expect, it } from '@jest/globals';
import { announceSignIn } from './account.js';
import { credentials, fakeWorld, later } from './world.fixture.js';

const { world, open, signedIn, statusOf } = fakeWorld();

/** As an OpenID provider's callback does it: the browser has new cookies, and no client knows. */
const redirected = (transport: string) =>
  world.server.fetch('https://api.test/auth/login', {
    method: 'POST',
    body: JSON.stringify({ ...credentials, email: 'bob@example.com', transport }),
  });

describe('a sign-in by a redirect', () => {
  it.each(['cookie', 'hybrid'] as const)(
    '%s: is told to the other tabs, and none acts as the next user',
    async (transport) => {
      const [other, page] = [await signedIn({ transport }), open({ transport })];
      await later(40);
      world.server.expireAccessTokens();
      const slow = other.fetch('https://api.test/slow');
      await later(5);
      await redirected(transport);
      expect(await announceSignIn(page)).toMatchObject({ id: 'u1' });
      await later(40);
      expect(other.events.at(-1)).toBe('signedIn');
      world.server.finishSlow();
      expect((await slow).status).toBe(401);
      expect(world.server.count('/slow')).toBe(1);
      expect([await statusOf(page), await statusOf(other)]).toEqual([200, 200]);
    },
  );

  it('that was refused announces nobody', async () => {
    const page = open();
    expect(await announceSignIn(page)).toBeUndefined();
    expect(page.events).toEqual([]);
  });
});
