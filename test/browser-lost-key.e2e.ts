import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { copiedJar } from './support/dbsc-browser.js';
import { DeviceAgent } from './support/device.js';
import { openTab } from './support/harness.js';
import type { Harness } from './support/harness-page.js';
import { events, refreshes, signIn, status, useHarness } from './support/harness-stage.js';

declare const harness: Harness;

const world = useHarness();

describe('a browser that lost the key of its session', () => {
  /**
   * Each request renews at most thrice (for a nonce, and as its bytes may have been sent twice): none goes on for ever.
   */
  async function expectSignedOut(tab: Page): Promise<void> {
    const before = refreshes(world.doors.express);
    for (let request = 0; request < 3; request++) expect(await status(tab)).toBe(401);
    expect(refreshes(world.doors.express) - before).toBeLessThanOrEqual(9);
    expect(await tab.evaluate(() => harness.session())).toBeUndefined();
  }

  // T-brs5
  it('DPoP: is signed out in all its tabs at the next refresh, and signs in with a new key', async () => {
    const [first, second] = await Promise.all(
      [1, 2].map(() => openTab(world.context, world.doors.express, 'key')),
    );
    await signIn(first!, world.person);
    const { x } = await first!.evaluate(() => harness.key());
    await first!.reload();
    await first!.evaluate(() => harness.loseKey());
    await first!.evaluate(() => harness.openWithKey());
    await expectSignedOut(first!);
    await second!.waitForFunction(() => harness.events.includes('signedOut: refused'), null, {
      timeout: 5_000,
    });
    await signIn(first!, world.person);
    expect(await second!.evaluate(() => harness.session())).toMatchObject({ bound: 'dpop' });
    expect((await first!.evaluate(() => harness.key())).x).not.toBe(x);
  });

  // T-brs6
  it('cookies: is signed out once the access cookie has expired, and signs in again', async () => {
    const tab = await openTab(world.context, world.doors.express);
    const answered = tab.waitForResponse(/\/auth\/login$/);
    await signIn(tab, world.person);
    // this one binds no session: another agent with its cookies does, and the key is gone
    const agent = new DeviceAgent(await copiedJar(world.context, world.stage.demos.express.url));
    const headers = (await answered).headers();
    expect((await agent.register({ headers })).status).toBe(200);
    const cookie = { domain: '127.0.0.1', path: '/auth', httpOnly: true, secure: true } as const;
    const value = agent.client.jar.get('refresh_token') ?? '';
    await world.context.addCookies([
      { ...cookie, name: 'refresh_token', value, sameSite: 'Strict' },
    ]);
    await world.context.clearCookies({ name: 'access_token' });
    await expectSignedOut(tab);
    expect(await events(tab)).toEqual(['signedIn', 'signedOut: refused']);
    await signIn(tab, world.person);
    expect(await status(tab)).toBe(200);
  });
});
