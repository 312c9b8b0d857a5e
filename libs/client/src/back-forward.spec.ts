import { describe, expect, it } from '@jest/globals';
import type { StoredTokens } from './index.js';
import { credentials, fakeWorld, later } from './world.fixture.js';

const { world, open, signedIn } = fakeWorld();

describe('a page that comes back from the back/forward cache', () => {
  // T-w4vf
  it.each(['cookie', 'hybrid'] as const)(
    '%s: reports it, and then the current user',
    async (transport) => {
      const page = await signedIn({ transport });
      await later(40);
      world.browser.pageshow(false);
      await later(5);
      expect(page.events).toEqual(['signedIn']);
      world.browser.pageshow(true);
      await later(80);
      expect(page.events).toEqual([
        'signedIn',
        'restored',
        ...(transport === 'hybrid' ? ['refreshed'] : []),
        'signedIn',
      ]);
      world.server.endSession();
      world.browser.pageshow(true);
      await later(80);
      expect(page.events.slice(-2)).toEqual(['restored', 'signedOut: refused']);
    },
  );

  it.each(['cookie', 'hybrid'] as const)(
    '%s: says so too where nobody was signed in, because the page hides its data until then',
    async (transport) => {
      const page = await signedIn({ transport });
      await page.logout();
      await later(40);
      world.browser.pageshow(true);
      await later(80);
      expect(page.events.slice(-2)).toEqual(['restored', 'signedOut: refused']);
    },
  );

  it('of a bearer client notices that its store was emptied', async () => {
    let kept: StoredTokens | undefined;
    const store = {
      get: () => kept,
      set: (tokens: StoredTokens | undefined) => void (kept = tokens),
    };
    const page = await signedIn({ transport: 'bearer', store });
    await later(40);
    kept = undefined;
    world.browser.pageshow(true);
    await later(80);
    expect(page.events).toEqual(['signedIn', 'restored', 'signedOut: refused']);
  });

  it('makes no request without a subscriber, or after the client was closed', async () => {
    const [fresh, closed] = [open(), open()];
    await closed.login(credentials);
    await later(40);
    closed.close();
    fresh.close();
    world.browser.pageshow(true);
    await later(5);
    expect(closed.events).toEqual(['signedIn']);
  });
});
