import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { acceptedFor } from './support/accepted-for.js';
import { copiedJar } from './support/dbsc-browser.js';
import { openTab } from './support/harness.js';
import type { Harness } from './support/harness-page.js';
import { events, refreshes, signIn, status, useHarness } from './support/harness-stage.js';
import { admin, logIn } from './support/stage.js';
import { until } from './support/until.js';

declare const harness: Harness;

const world = useHarness();

/** Their access tokens die and their sessions live: the next request of each tab is refused. */
async function changeRole(role: 'admin' | 'user'): Promise<void> {
  const boss = world.stage.demos.express.client();
  await logIn(boss, admin);
  expect((await boss.patch(`/admin/users/${world.person.id}`, { role })).status).toBe(200);
}

describe.each(['cookie', 'hybrid'] as const)('four tabs, %s', (transport) => {
  // T-qn4n
  it('refused at the same time send one refresh request and stay signed in, again and again', async () => {
    const door = world.doors.express;
    const tabs = await Promise.all([1, 2, 3, 4].map(() => openTab(world.context, door, transport)));
    await signIn(tabs[0]!, world.person);
    for (const role of ['admin', 'user', 'admin'] as const) {
      const before = refreshes(door);
      await changeRole(role);
      expect(await Promise.all(tabs.map((tab) => status(tab)))).toEqual([200, 200, 200, 200]);
      expect(refreshes(door) - before).toBe(1);
    }
    for (const tab of tabs) expect((await events(tab)).join()).not.toContain('signedOut');
  });
});

describe('the tabs of one browser', () => {
  // T-pdfq
  it.each(['cookie', 'hybrid'] as const)(
    '%s: sign-in and sign-out in one show in all, once',
    async (transport) => {
      const [first, second, idle] = await Promise.all(
        [1, 2, 3].map(() => openTab(world.context, world.doors.express, transport)),
      );
      await signIn(first!, world.person);
      expect(await status(second!)).toBe(200);
      await first!.evaluate(() => harness.logout());
      for (const tab of [first!, second!, idle!]) {
        await tab.waitForFunction(() => harness.events.includes('signedOut: logout'));
        expect(await events(tab)).toEqual(['signedIn', 'signedOut: logout']);
        expect(await status(tab)).toBe(401);
      }
    },
  );

  // T-9tb2
  it('follow who is signed in with React, in StrictMode too', async () => {
    const tabs = await Promise.all([1, 2].map(() => openTab(world.context, world.doors.express)));
    await Promise.all(tabs.map((tab) => tab.evaluate(() => harness.renderReact())));
    const all = (text: string) =>
      Promise.all(tabs.map((tab) => tab.waitForSelector(`#who:text-is("${text}")`)));
    await all('signedOut');
    await tabs[1]!.evaluate(() => harness.leaveIsland());
    await signIn(tabs[0]!, world.person);
    await all('signedIn');
    await Promise.all(
      tabs.map((tab) => tab.waitForSelector(`#guarded:text-is("${world.person.email}")`)),
    );
    await tabs[1]!.evaluate(() => harness.logout());
    await all('signedOut');
    await Promise.all(tabs.map((tab) => tab.waitForSelector('#guarded:text-is("sign in")')));
  });

  // T-sbxf
  it('share one key that no script can export, also after a reload; a sign-out in one tab removes it in all', async () => {
    const [first, second] = await Promise.all(
      [1, 2].map(() => openTab(world.context, world.doors.express, 'key')),
    );
    await signIn(first!, world.person);
    const key = (tab: Page) => tab.evaluate(() => harness.key());
    const bound = async (tab: Page) => (await tab.evaluate(() => harness.session()))?.bound;
    expect([await bound(first!), await bound(second!)]).toEqual(['dpop', 'dpop']);
    await second!.reload();
    await second!.evaluate(() => harness.openWithKey());
    expect(await second!.evaluate(() => harness.refresh())).toBe('refreshed');
    expect(await status(second!)).toBe(200);
    const { x, isSafe } = await key(first!);
    expect([await key(second!), isSafe]).toEqual([{ x, isSafe: true }, true]);
    // a browser without the key has the cookies, and nothing of them: it ends in a sign-in
    const elsewhere = await world.browser.newContext();
    await elsewhere.addCookies(await world.context.cookies());
    expect(await status(await openTab(elsewhere, world.doors.express, 'hybrid'))).toBe(401);
    await elsewhere.close();
    expect(await status(first!)).toBe(200);
    await second!.evaluate(() => harness.logout());
    await first!.waitForFunction(() => harness.events.includes('signedOut: logout'));
    await signIn(first!, world.person);
    expect(await bound(second!)).toBe('dpop');
    const next = await key(first!);
    expect(next.x).not.toBe(x);
    expect(await key(second!)).toEqual(next);
  });

  // T-4nck
  it('a page and its worker on one store: one refresh, and what ends in one ends in the other', async () => {
    const page = await world.context.newPage();
    await page.goto(`${world.doors.express.url}/harness`);
    await page.evaluate(() => harness.openWithWorker());
    await signIn(page, world.person);
    const worker = (ask: 'status' | 'session' | 'events') =>
      page.evaluate((what) => harness.askWorker(what, '/notes'), ask);
    expect(await worker('session')).toBe(world.person.id);
    const before = refreshes(world.doors.express);
    await changeRole('admin');
    expect(await Promise.all([status(page), worker('status')])).toEqual([200, 200]);
    expect(refreshes(world.doors.express) - before).toBe(1);
    await page.evaluate(() => harness.logout());
    await until(async () => ((await worker('events')) as string[]).includes('signedOut: logout'));
    expect(await worker('status')).toBe(401);
    expect(await worker('session')).toBeUndefined();
  });

  it('a page that is left during a refresh does not end the session', async () => {
    const door = world.doors.express;
    const [leaving, staying] = await Promise.all([1, 2].map(() => openTab(world.context, door)));
    await signIn(leaving!, world.person);
    await world.context.clearCookies({ name: 'access_token' });
    const before = refreshes(door);
    const release = door.hold('/auth/refresh');
    await leaving!.evaluate(() => void harness.status('/notes'));
    while (refreshes(door) === before) await delay(10);
    await leaving!.goto('about:blank');
    const asked = status(staying!);
    setTimeout(release, 500);
    expect(await asked).toBe(200);
    expect(await events(staying!)).not.toContain('signedOut: refused');
    expect(await status(staying!)).toBe(200);
  });
});

describe('a session that another browser ended', () => {
  // T-stdg
  it('is refused on another process within a second; its socket closes with 4401, which signs the page out', async () => {
    const here = await openTab(world.context, world.doors.express);
    await signIn(here, world.person);
    await here.evaluate(() => harness.socket());

    const elsewhere = await world.browser.newContext();
    const there = await openTab(elsewhere, world.doors.fastify);
    await signIn(there, world.person);
    const copy = await copiedJar(world.context, world.stage.demos.express.url);
    expect(await there.evaluate(() => harness.endOthers())).toBe(204);
    expect(await acceptedFor(async () => (await copy.get('/notes')).status)).toBeLessThan(1_000);
    await here.waitForFunction(() => harness.events.includes('socket closed: 4401'));
    expect(await status(here)).toBe(401);
    expect(await events(here)).toEqual(['signedIn', 'socket closed: 4401', 'signedOut: refused']);
    expect(await status(there)).toBe(200);
    await elsewhere.close();
  });
});

describe('a hostile script in the page', () => {
  // T-pxjq
  it.each(['cookie', 'hybrid'] as const)(
    '%s: finds no token in cookies, storage, globals and lock names',
    async (transport) => {
      const tab = await openTab(world.context, world.doors.express, transport);
      // `hybrid` tabs, which hold a token, share it; in `cookie` mode there is nothing to overhear
      if (transport === 'cookie') await tab.evaluate(() => harness.eavesdrop());
      await signIn(tab, world.person);
      expect(await tab.evaluate(() => harness.session())).toMatchObject({ id: world.person.id });
      const other = await openTab(world.context, world.doors.express, transport);
      expect(await other.evaluate(() => harness.refresh())).toBe('refreshed');
      await tab.waitForFunction(() => harness.events.includes('refreshed'));
      const loot = await tab.evaluate(() => harness.loot());
      // the probe does find what is there
      expect(loot.includes('smuggled-canary')).toBe(true);
      expect(loot.includes('signedIn')).toBe(true);
      const values = (await world.context.cookies()).map(({ value }) => value);
      expect(values).toHaveLength(transport === 'cookie' ? 3 : 2);
      expect(values.filter((value) => loot.includes(value))).toEqual([]);
      expect(loot.match(/eyJ[\w-]{20}/g) ?? []).toEqual([]);
    },
  );
});

describe('the cookies, as the browser keeps them', () => {
  // T-5rdx
  it('are out of reach of scripts and other sites, each with its own path and lifetime', async () => {
    const tab = await openTab(world.context, world.doors.express);
    await signIn(tab, world.person);
    const protocol = await world.context.newCDPSession(tab);
    const { cookies } = await protocol.send('Network.getAllCookies');
    const now = Date.now() / 1000;
    const kept = cookies.map(
      ({ name, path, httpOnly, secure, sameSite, session, domain, expires }) => ({
        name,
        path,
        httpOnly,
        secure,
        sameSite,
        session,
        domain,
        days: Math.round(((expires - now) / 86_400) * 100) / 100,
      }),
    );
    const common = { httpOnly: true, secure: true, session: false, domain: '127.0.0.1' };
    expect(kept.sort((one, other) => one.name.localeCompare(other.name))).toEqual([
      { ...common, name: 'access_token', path: '/', sameSite: 'Lax', days: 0.01 },
      { ...common, name: 'device', path: '/auth', sameSite: 'Strict', days: 400 },
      { ...common, name: 'refresh_token', path: '/auth', sameSite: 'Strict', days: 30 },
    ]);
  });
});
