import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type pg from 'pg';
import type { BrowserContext, Page } from 'playwright-core';
import { type LocalCertificate, localCertificate } from '../tools/local-certificate.mjs';
import { createDatabase, type TestDatabase, testPool } from './support/databases.js';
import { boundBrowser, copiedJar, signIn, statusOf } from './support/dbsc-browser.js';
import { type Door, openDoor, type Passed } from './support/dbsc-door.js';
import { type Demo, startDemo } from './support/demo.js';
import { DeviceAgent } from './support/device.js';
import { httpClient } from './support/http.js';
import { scratchDir } from './support/run-environment.js';
import { until } from './support/until.js';

// `npm run dbsc`: Device Bound Session Credentials in a real Chromium. Clocks of browsers do not move: this takes its
// minutes.
const MINUTES = Number(process.env['DBSC_MINUTES'] ?? 20);
const REPORT = process.env['DBSC_REPORT'];
const [EMAIL, PASSWORD] = ['owner@example.com', 'a quiet river at noon'];
/** Seconds; the browser renews at once, and a fresh profile signs six times. */
const SHORT = 6;
/** Verification tolerates clocks by so much. */
const TOLERANCE = 30;
jest.setTimeout((MINUTES + 5) * 60_000);

let database: TestDatabase;
let pool: pg.Pool;
let certificate: LocalCertificate;
const opened: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  database = await createDatabase();
  pool = testPool({ connectionString: database.url, max: 2 });
  certificate = await localCertificate(scratchDir('certificate'));
});
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
  await pool.query('delete from auth_audit');
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

function say(what: string, seen: string): void {
  if (REPORT) appendFileSync(REPORT, `${JSON.stringify({ what, seen })}\n`);
}

interface Scene {
  readonly door: Door;
  readonly context: BrowserContext;
  readonly page: Page;
  readonly demo: Demo;
  /** Another process of the same deployment. */
  second(): Promise<Demo>;
}

/** A demo behind TLS, and a browser that signed in and has bound its session. */
async function scene(ttl: string): Promise<Scene> {
  const env = {
    DATABASE_URL: database.url,
    TRUST_PROXY: 'true',
    LOGIN_THROTTLE: 'off',
    REUSE_LEEWAY: '0',
    DEVICE_BOUND: 'offer',
    BOUND_ACCESS_TTL: ttl,
    DEMO_USERS: `${EMAIL}:${PASSWORD}:user`,
  };
  const dataDir = scratchDir('demo');
  const demos = [await startDemo({ env, dataDir })];
  const [demo] = demos;
  if (!demo) throw new Error('no demo');
  opened.push({ close: () => Promise.all(demos.map((each) => each.stop())) });
  const door = await openDoor(certificate, demo.url);
  opened.push(door);
  const context = await boundBrowser(certificate);
  opened.push(context);
  const page = await context.newPage();
  await page.goto(`${door.origin}/public`);
  await signIn(page, EMAIL, PASSWORD);
  await until(() =>
    door.passed.some(({ what, status }) => what === 'POST /auth/device' && status === 200),
  );
  // the browser has to take note of the answer
  await delay(500);
  const second = async (): Promise<Demo> => {
    const next = await startDemo({ env, dataDir });
    demos.push(next);
    return next;
  };
  return { door, context, page, demo, second };
}

const refreshes = ({ passed }: Door) =>
  passed.filter(({ what, status }) => what === 'POST /auth/device/refresh' && status === 200)
    .length;
const withoutCookie = ({ passed }: Door) =>
  passed.filter(({ what, hasAccessCookie }) => what === 'GET /me' && !hasAccessCookie).length;
/** The audit trail is written behind the answers. */
const thefts = async () => {
  await delay(1_500);
  const { rows } = await pool.query<{ type: string }>(
    `select type from auth_audit where type in ('refresh.reused', 'device.refused')`,
  );
  return rows.map(({ type }) => type);
};
const expired = () => delay((SHORT + 1) * 1000);

describe('Device Bound Session Credentials in Chromium', () => {
  it('registers, is listed as bound, and refreshes before requests and beside running ones', async () => {
    const { door, page } = await scene(`${String(SHORT)}s`);
    const sessions = await page.evaluate(() =>
      fetch('/auth/sessions').then((answer) => answer.json()),
    );
    expect(sessions).toEqual([expect.objectContaining({ bound: 'dbsc', current: true })]);
    await expired();
    const many = await Promise.all(Array.from({ length: 10 }, () => statusOf(page)));
    expect(new Set(many)).toEqual(new Set([200]));
    expect(refreshes(door)).toBeGreaterThan(0);
    expect([withoutCookie(door), await thefts()]).toEqual([0, []]);
    say(
      'register, expire, refresh before and beside 10 running requests',
      'all 200; requests of the owner without a cookie: 0',
    );
  });

  it('refreshes for two tabs at once', async () => {
    const { door, context, page } = await scene(`${String(SHORT)}s`);
    const other = await context.newPage();
    await other.goto(`${door.origin}/public`);
    await expired();
    const both = await Promise.all([page, other, page, other].map((tab) => statusOf(tab)));
    expect(both).toEqual([200, 200, 200, 200]);
    expect([withoutCookie(door), await thefts()]).toEqual([0, []]);
    say(
      'two tabs ask at once after the end of the access cookie',
      'all 200; requests of the owner without a cookie: 0; no theft',
    );
  });

  it('the page of the demo says which session is bound, and what a copy of its cookies is worth', async () => {
    const { door, page } = await scene('5m');
    await page.goto(`${door.origin}/`);
    await page.getByText('Bound to its device').first().waitFor();
    await page.getByRole('button', { name: 'Refresh as a copy would' }).click();
    await page.getByText('All the cookies, and no key: 403').waitFor();
    expect([await statusOf(page), await thefts()]).toEqual([200, []]);
  });

  it('goes on when the server is killed between the challenge and the proof', async () => {
    const { door, page, demo, second } = await scene(`${String(SHORT)}s`);
    const other = await second();
    await expired();
    let kills = 0;
    door.beforeProof = async () => {
      door.beforeProof = undefined;
      kills++;
      await demo.kill('SIGKILL');
      door.target = other.url;
    };
    expect(await statusOf(page)).toBe(200);
    expect([kills, withoutCookie(door), await thefts()]).toEqual([1, 0, []]);
    say(
      'the server is killed between challenge and proof, another takes the proof',
      '200, nobody signed out',
    );
  });

  it('keeps the session when a refresh is answered 503, and renews it later', async () => {
    const { door, page } = await scene(`${String(SHORT)}s`);
    door.outages = 1;
    await expired();
    const startMs = performance.now();
    const first = await statusOf(page);
    await until(async () => (await statusOf(page)) === 200, 120_000);
    const afterSeconds = Math.round((performance.now() - startMs) / 1000);
    say(
      'one refresh of the browser is answered 503',
      `that request ${String(first)}; 200 again after ${String(afterSeconds)} s; requests without a cookie meanwhile: ${String(withoutCookie(door))}`,
    );
    expect(await thefts()).toEqual([]);
  });

  it('ends from another device: the browser is refused, and forgets the session', async () => {
    const { door, page } = await scene(`${String(SHORT)}s`);
    const phone = httpClient(door.origin);
    await phone.post('/auth/login', { email: EMAIL, password: PASSWORD });
    const sessions = (await phone.get('/auth/sessions')).json<
      { id: string; bound?: string; current: boolean }[]
    >();
    for (const { id } of sessions.filter(({ current }) => !current))
      expect((await phone.delete(`/auth/sessions/${id}`)).status).toBe(204);
    expect(await statusOf(page)).toBe(401);
    await expired();
    await statusOf(page);
    const asked = door.passed.filter(({ what }) => what === 'POST /auth/device/refresh').length;
    await expired();
    expect(await statusOf(page)).toBe(401);
    const later = door.passed.filter(({ what }) => what === 'POST /auth/device/refresh').length;
    expect(later).toBe(asked);
    say(
      'ended from another device',
      `401 at once; the browser asked ${String(asked)} times for a refresh, and never again`,
    );
  });

  it('a thief has the whole jar for the rest of the access cookie, and nothing after it', async () => {
    const { door, context, page } = await scene(`${String(SHORT)}s`);
    const thief = await copiedJar(context, door.origin);
    expect(thief.jar.names().sort()).toEqual(
      expect.arrayContaining(['access_token', 'refresh_token']),
    );
    expect((await thief.get('/me')).status).toBe(200);
    expect((await thief.post('/auth/refresh')).status).toBe(403);
    const agent = new DeviceAgent(thief);
    expect((await agent.refresh()).status).toBe(403);
    expect(await thefts()).toEqual(['device.refused']);
    await delay((SHORT + TOLERANCE + 1) * 1000);
    expect((await thief.get('/me')).status).toBe(401);
    expect((await thief.post('/auth/refresh')).status).toBe(403);
    expect((await thief.post('/auth/device/refresh')).status).toBe(403);
    expect(await statusOf(page)).toBe(200);
    expect(withoutCookie(door)).toBe(0);
    say(
      'thief with the whole jar',
      'before the end of the access cookie 200, after it 401; every refresh 403; the owner 200',
    );
  });
});

describe('over minutes', () => {
  it(`ten tabs at the default lifetime see no false theft`, async () => {
    const { door, context } = await scene('5m');
    const tabs: Page[] = [];
    for (let n = 0; n < 10; n++) {
      const tab = await context.newPage();
      await tab.goto(`${door.origin}/`);
      tabs.push(tab);
    }
    const answers = await askFor(MINUTES, 5_000, tabs);
    const bare = withoutCookie(door);
    say(
      `ten tabs of the demo's page, each a request in 5 s, ${String(MINUTES)} minutes at 5m`,
      `${told(answers)}; refreshes ${String(refreshes(door))}; without a cookie ${String(bare)}; false thefts ${String((await thefts()).length)}`,
    );
    // a machine that is busy answers 503 at times: nobody is signed out by it
    expect([answers.get(401), bare, await thefts()]).toEqual([undefined, 0, []]);
  });

  it.each(['5m', '4m', '2m'])('what the quota of signatures does at %s', async (ttl) => {
    const { door, page } = await scene(ttl);
    const answers = await askFor(MINUTES, 2_000, [page]);
    const { passed } = door;
    const seconds = (which: (each: Passed) => boolean): string => {
      const found = passed.filter(which).map(({ atMs }) => Math.round(atMs / 1000));
      return found.length > 12
        ? `${String(found[0])} to ${String(found.at(-1))}`
        : found.join(', ');
    };
    const bare = withoutCookie(door);
    const gone = seconds(({ what, hasAccessCookie }) => what === 'GET /me' && !hasAccessCookie);
    say(
      `a request in 2 s, ${String(MINUTES)} minutes at ${ttl}`,
      `${told(answers)}; proofs at ${seconds(({ isProof }) => isProof)} s; without a cookie ${String(bare)}${bare > 0 ? ` (at ${gone} s)` : ''}`,
    );
    if (ttl !== '2m') expect([answers.get(401), bare]).toEqual([undefined, 0]);
  });
});

type Answers = ReadonlyMap<number, number>;

async function askFor(minutes: number, everyMs: number, tabs: readonly Page[]): Promise<Answers> {
  const endMs = performance.now() + minutes * 60_000;
  const answers = new Map<number, number>();
  while (performance.now() < endMs) {
    for (const status of await Promise.all(tabs.map((tab) => statusOf(tab))))
      answers.set(status, (answers.get(status) ?? 0) + 1);
    await delay(everyMs);
  }
  return answers;
}

function told(answers: Answers): string {
  return [...answers].map(([status, times]) => `${String(times)} × ${String(status)}`).join(', ');
}
