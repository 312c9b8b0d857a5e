import { describe, expect, it } from '@jest/globals';
import { memoryStore } from './index.js';
import { credentials, fakeWorld, later } from './world.fixture.js';

const { world, open } = fakeWorld();

// a worker has no localStorage
it.each(['cookie', 'hybrid'] as const)(
  '%s: a worker that shares the store of its page repeats a lost refresh with the same key',
  async (transport) => {
    world.browser.withoutStorage();
    const store = memoryStore();
    const [page, worker] = [open({ transport, store }), open({ transport, store })];
    await page.login(credentials);
    await later(40);
    world.server.failNext('/auth/refresh', 'lost');
    expect(await page.refresh()).toBe('unavailable');
    expect(await worker.refresh()).toBe('refreshed');
    expect(world.server.spentTokensSeen).toBe(0);
    expect(await store.get()).toEqual({});
  },
);

describe('bearer clients that share a store', () => {
  // T-kr58
  it('follow each other’s state, and refresh once for all', async () => {
    const store = memoryStore();
    const [one, other] = [
      open({ transport: 'bearer', store }),
      open({ transport: 'bearer', store }),
    ];
    await one.login(credentials);
    await later(40);
    expect(other.events).toEqual(['signedIn']);
    world.server.expireAccessTokens();
    const answers = await Promise.all(
      [one, other].map((each) => each.fetch('https://api.test/echo')),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(world.server.count('/auth/refresh')).toBe(1);
    await one.logout();
    await later(40);
    expect(other.events).toEqual(['signedIn', 'refreshed', 'signedOut: logout']);
    expect(world.server.spentTokensSeen).toBe(0);
  });

  // T-j5tk
  it('share nothing with clients of another store on the same page', async () => {
    const [one, stranger] = [
      open({ transport: 'bearer', store: memoryStore() }),
      open({ transport: 'bearer', store: memoryStore() }),
    ];
    await one.login(credentials);
    await one.refresh();
    await later(400);
    expect(stranger.events).toEqual([]);
    expect(await stranger.accessToken()).toBeUndefined();
  });

  // T-mfqx
  it('a request of one user is not sent again as the next user of the store', async () => {
    const store = memoryStore();
    const [one, other] = [
      open({ transport: 'bearer', store }),
      open({ transport: 'bearer', store }),
    ];
    await one.login(credentials);
    await later(40);
    world.server.expireAccessTokens();
    const slow = other.fetch('https://api.test/slow');
    await later(5);
    await one.login({ ...credentials, email: 'bob@example.com' });
    await later(40);
    world.server.finishSlow();
    expect((await slow).status).toBe(401);
    expect(world.server.count('/slow')).toBe(1);
  });
});
