import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import { copiedJar } from './support/dbsc-browser.js';
import { DeviceAgent } from './support/device.js';
import { openTab } from './support/harness.js';
import type { Harness } from './support/harness-page.js';
import {
  events,
  type HarnessStage,
  harnessStage,
  refreshes,
  signIn,
  status,
} from './support/harness-stage.js';
import { type Person, register, STAGE_TIMEOUT_MS } from './support/stage.js';

declare const harness: Harness;

// a page is a process of its own, on a machine that may be busy
jest.setTimeout(60_000);

let stage: HarnessStage['stage'];
let browser: HarnessStage['browser'];
let doors: HarnessStage['doors'];
let close: HarnessStage['close'];
let person: Person;
let context: BrowserContext;

beforeAll(async () => {
  ({ stage, browser, doors, close } = await harnessStage());
}, STAGE_TIMEOUT_MS);
afterAll(() => close?.());
beforeEach(async () => {
  context = await browser.newContext();
  person = await register(stage.demos.express.client());
});
afterEach(() => context.close());

describe('a browser that lost the key of its session', () => {
  /** Each request renews at most thrice (for a nonce, and as its bytes may have been sent twice): none goes on for ever. */
  async function expectSignedOut(tab: Page): Promise<void> {
    const before = refreshes(doors.express);
    for (let request = 0; request < 3; request++) expect(await status(tab)).toBe(401);
    expect(refreshes(doors.express) - before).toBeLessThanOrEqual(9);
    expect(await tab.evaluate(() => harness.session())).toBeUndefined();
  }

  // T-brs5
  it('DPoP: is signed out in all its tabs at the next refresh, and signs in with a new key', async () => {
    const [first, second] = await Promise.all(
      [1, 2].map(() => openTab(context, doors.express, 'key')),
    );
    await signIn(first!, person);
    const { x } = await first!.evaluate(() => harness.key());
    await first!.reload();
    await first!.evaluate(() => harness.loseKey());
    await first!.evaluate(() => harness.openWithKey());
    await expectSignedOut(first!);
    await second!.waitForFunction(() => harness.events.includes('signedOut: refused'), null, {
      timeout: 5_000,
    });
    await signIn(first!, person);
    expect(await second!.evaluate(() => harness.session())).toMatchObject({ bound: 'dpop' });
    expect((await first!.evaluate(() => harness.key())).x).not.toBe(x);
  });

  // T-brs6
  it('cookies: is signed out once the access cookie has expired, and signs in again', async () => {
    const tab = await openTab(context, doors.express);
    const answered = tab.waitForResponse(/\/auth\/login$/);
    await signIn(tab, person);
    // this one binds no session: another agent with its cookies does, and the key is gone
    const agent = new DeviceAgent(await copiedJar(context, stage.demos.express.url));
    const headers = (await answered).headers();
    expect((await agent.register({ headers })).status).toBe(200);
    const cookie = { domain: '127.0.0.1', path: '/auth', httpOnly: true, secure: true } as const;
    const value = agent.client.jar.get('refresh_token') ?? '';
    await context.addCookies([{ ...cookie, name: 'refresh_token', value, sameSite: 'Strict' }]);
    await context.clearCookies({ name: 'access_token' });
    await expectSignedOut(tab);
    expect(await events(tab)).toEqual(['signedIn', 'signedOut: refused']);
    await signIn(tab, person);
    expect(await status(tab)).toBe(200);
  });
});
