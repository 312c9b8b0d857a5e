import { appendFileSync } from 'node:fs';
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
import type { Engine, Profile, Tab } from './engines/engine.js';
import { ENGINES } from './engines/engines.js';
import { type FrontDoor, openFrontDoor } from './support/harness.js';
import type { Harness } from './support/harness-page.js';
import {
  admin,
  logIn,
  type Person,
  register,
  STAGE_TIMEOUT_MS,
  type Stage,
  startStage,
} from './support/stage.js';
import { until } from './support/until.js';

declare const harness: Harness;
jest.setTimeout(120_000);

let stage: Stage;
let door: FrontDoor;
beforeAll(async () => {
  // WebKit accepts no Secure cookie over http, even on loopback
  stage = await startStage({ env: { REUSE_LEEWAY: '0', COOKIE_SECURE: 'false' } });
  door = await openFrontDoor(stage.demos.express.url);
}, STAGE_TIMEOUT_MS);
afterAll(async () => {
  await door?.close();
  await stage?.close();
});

it('three engines are on this machine', () => {
  expect(ENGINES.map(([name]) => name)).toEqual(['Chromium', 'Firefox', 'WebKit']);
});

const status = (tab: Tab, path = '/notes'): Promise<number> =>
  tab.run((asked: string) => harness.status(asked), path);
const events = (tab: Tab): Promise<string[]> => tab.run(() => harness.events);
const who = (tab: Tab): Promise<string | null> =>
  tab.run(async () => (await harness.session())?.email ?? null);
const refreshes = (): number =>
  door.requests.filter((each) => each === 'POST /auth/refresh').length;

describe.each(ENGINES)('%s', (name, start) => {
  let engine: Engine;
  let profile: Profile;
  let person: Person;

  beforeAll(async () => {
    engine = await start();
  }, 120_000);
  afterAll(() => engine?.close());
  beforeEach(async () => {
    profile = await engine.profile();
    person = await register(stage.demos.express.client());
  });
  afterEach(async () => {
    await profile.close();
    const table = process.env['ENGINES_TABLE'];
    const { currentTestName = '' } = expect.getState();
    if (table)
      appendFileSync(
        table,
        `${JSON.stringify({ engine: engine.version, situation: currentTestName.replace(`${name} `, '') })}\n`,
      );
  });

  async function openTab(transport: 'cookie' | 'hybrid'): Promise<Tab> {
    const tab = await profile.open(`${door.url}/harness`);
    await tab.run((chosen) => harness.open({ transport: chosen, refreshAheadMs: 0 }), transport);
    return tab;
  }
  const signIn = (tab: Tab): Promise<unknown> =>
    tab.run(
      (email, password) => harness.login(email, password).then(() => null),
      person.email,
      person.password,
    );

  /** Ends the access tokens and keeps the sessions. */
  async function changeRole(role: 'admin' | 'user'): Promise<void> {
    const boss = stage.demos.express.client();
    await logIn(boss, admin);
    expect((await boss.patch(`/admin/users/${person.id}`, { role })).status).toBe(200);
  }

  describe.each(['cookie', 'hybrid'] as const)('%s', (transport) => {
    it('four tabs refused at once: one refresh, nobody signed out', async () => {
      const tabs: Tab[] = [];
      for (let n = 0; n < 4; n++) tabs.push(await openTab(transport));
      await signIn(tabs[0]!);
      for (const role of ['admin', 'user'] as const) {
        const before = refreshes();
        await changeRole(role);
        expect(await Promise.all(tabs.map((tab) => status(tab)))).toEqual([200, 200, 200, 200]);
        expect(refreshes() - before).toBe(1);
      }
      for (const tab of tabs) expect((await events(tab)).join()).not.toContain('signedOut');
    });

    it('sign-in and sign-out in one tab show in the other', async () => {
      const [one, other] = [await openTab(transport), await openTab(transport)];
      await signIn(one);
      await until(async () => (await who(other)) === person.email);
      await other.run(() => harness.logout());
      await until(async () => (await events(one)).join().includes('signedOut'));
      expect(await status(one)).toBe(401);
      expect(await who(one)).toBeNull();
    });

    it('a page that is left in the middle of a refresh costs nobody the session', async () => {
      const [one, other] = [await openTab(transport), await openTab(transport)];
      await signIn(one);
      await changeRole('admin');
      const release = door.hold('/auth/refresh');
      const before = refreshes();
      void one
        .run(() => void harness.status('/notes').catch(() => undefined))
        .catch(() => undefined);
      await until(() => Promise.resolve(refreshes() > before));
      await one.goto('about:blank');
      release();
      expect(await status(other)).toBe(200);
      expect((await events(other)).join()).not.toContain('signedOut');
    });

    // WebKitGTK's driver sometimes stops answering after a page came back
    if (name !== 'WebKit')
      it('Back after a sign-out shows nobody signed in', async () => {
        const [one, other] = [await openTab(transport), await openTab(transport)];
        await signIn(one);
        await one.goto(`${door.url}/harness?elsewhere`);
        await other.run(() => harness.logout());
        await one.run(() => void setTimeout(() => history.back()));
        // the page was kept, or loaded again and has no client yet
        await until(() =>
          one.run(() => 'harness' in globalThis && !location.search).catch(() => false),
        );
        await one.run((chosen) => {
          if (!('auth' in globalThis)) harness.open({ transport: chosen, refreshAheadMs: 0 });
        }, transport);
        await until(async () => (await who(one)) === null);
        expect(await status(one)).toBe(401);
      });

    it('React under StrictMode follows who is signed in', async () => {
      const tab = await openTab(transport);
      await tab.run(() => harness.renderReact());
      const shown = (): Promise<string> =>
        tab.run(() => document.querySelector('#guarded')?.textContent ?? '');
      await until(async () => (await shown()) === 'sign in');
      await signIn(tab);
      await until(async () => (await shown()) === person.email);
      await tab.run(() => harness.logout());
      await until(async () => (await shown()) === 'sign in');
    });
  });

  it('a socket ends with its session', async () => {
    const tab = await openTab('cookie');
    await signIn(tab);
    await tab.run(() => harness.socket());
    await tab.run(() => harness.logout());
    await until(async () => (await events(tab)).join().includes('socket closed: 4401'));
  });

  it('the cookies are out of reach of scripts', async () => {
    const tab = await openTab('cookie');
    await signIn(tab);
    expect(await tab.run(() => document.cookie)).toBe('');
    expect(await status(tab)).toBe(200);
  });
});
