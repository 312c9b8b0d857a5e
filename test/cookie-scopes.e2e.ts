import { Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthModule, PasswordHasher } from '@tokenward/nestjs';
import type { CookieOptions } from '@tokenward/nestjs/options';
import { ManualClock } from '@tokenward/nestjs/testing';
import {
  hostDatabase,
  type HostApp,
  type HostDatabase,
  hostOptions,
  people,
  startHost,
} from './support/host-app.js';
import { httpClient, type HttpAnswer, type HttpClient } from './support/http.js';
import { ADAPTERS } from './support/stage.js';

const PASSWORD = 'a long enough passphrase';
const ADA = 'ada@example.com';
const EVE = 'eve@example.com';
const SIBLING = 'example.com';

let database: HostDatabase;
const hosts: HostApp[] = [];
const clock = new ManualClock();
// a clock that jumps leaves the view unproven: the stores are asked then, by a machine that may be busy
const revocation = { deadline: '5s' };

async function start(
  cookies: CookieOptions,
  adapter?: (typeof ADAPTERS)[number],
): Promise<HostApp> {
  @Module({
    imports: [
      AuthModule.forRoot({ ...hostOptions(database, { cookies, clock, revocation }), keys: KEYS }),
    ],
  })
  class Host {}
  const host = await startHost(Host, adapter);
  hosts.push(host);
  return host;
}

const KEYS = hostOptions({ storage: () => ({}) as ReturnType<HostDatabase['storage']> }).keys;

beforeAll(async () => {
  database = await hostDatabase();
  const secret = await (await start({})).app.get(PasswordHasher).hash(PASSWORD);
  await database.db.insert(people).values([ADA, EVE].map((mail) => ({ mail, secret })));
});
afterAll(async () => {
  await Promise.all(hosts.map((host) => host.close()));
  await database.drop();
});

async function signIn(client: HttpClient, email = ADA): Promise<HttpAnswer> {
  const answer = await client.post('/auth/login', { email, password: PASSWORD });
  expect(answer.status).toBe(200);
  return answer;
}
const me = async (client: HttpClient) => {
  const answer = await client.get('/auth/me');
  return answer.status === 200 ? answer.json<{ id: string }>().id : answer.status;
};
const refresh = async (client: HttpClient) => (await client.post('/auth/refresh')).status;

describe('cookies whose scope changed', () => {
  type Change = readonly [
    string,
    CookieOptions,
    CookieOptions,
    NonNullable<CookieOptions['formerScopes']>,
  ];
  it.each<Change>([
    ['host only, now a domain', {}, { domain: 'example.com' }, [{}]],
    ['a domain, now host only', { domain: 'example.com' }, {}, [{ domain: 'example.com' }]],
    [
      'a domain, now another',
      { domain: 'a.example.com' },
      { domain: 'example.com' },
      [{ domain: '.a.example.com' }],
    ],
    ['a path, now all of the host', {}, { refreshPath: '/' }, [{ path: '/auth' }]],
    ['all of the host, now a path', { refreshPath: '/' }, {}, [{ path: '/' }]],
  ])(
    '%s: the user stays signed in, and no second cookie remains',
    async (_, before, after, formerScopes) => {
      const [old, late, now] = (await Promise.all(
        [before, after, { ...after, formerScopes }].map((cookies) => start(cookies)),
      )) as [HostApp, HostApp, HostApp];
      const at = (host: HostApp, { jar }: HttpClient) => httpClient(host.url, jar);
      const browser = old.client();
      await signIn(browser);
      const other = browser.copy();
      const kept = ['access_token', 'refresh_token', 'device'];

      expect(await refresh(at(now, browser))).toBe(200);
      expect(
        browser.jar
          .names()
          .filter((name) => name !== 'device')
          .sort(),
      ).toEqual(kept.slice(0, 2));
      expect(await me(at(now, browser))).not.toBe(401);
      expect(await refresh(at(now, browser))).toBe(200);

      // deployed without the option first: two of a name, and nobody knows which
      await signIn(at(late, other));
      expect(await refresh(at(late, other))).toBe(401);
      await at(now, other).post('/auth/logout');
      expect(other.jar.names()).not.toContain('refresh_token');
      await signIn(at(now, other));
      expect(other.jar.names().sort()).toEqual([...kept].sort());
      expect(await me(at(now, other))).not.toBe(401);
      expect(await refresh(at(now, other))).toBe(200);
    },
  );
});

describe.each(ADAPTERS)('a refresh cookie that a sibling planted, on %s', (adapter) => {
  let host: HostApp;
  let browser: HttpClient;
  let ada: string | number;
  let planted: string;
  beforeAll(async () => (host = await start({}, adapter)));

  async function scene() {
    const eve = host.client();
    await signIn(eve, EVE);
    planted = eve.jar.get('refresh_token') ?? '';
    browser = host.client();
    await signIn(browser);
    ada = await me(browser);
    return eve;
  }
  const plant = (path = '/auth') => browser.jar.set('refresh_token', planted, path, SIBLING);

  // T-wj6v
  it('is refused together with the own cookie, and both stay', async () => {
    await scene();
    plant();
    for (const _ of [1, 2]) {
      const answer = await browser.post('/auth/refresh');
      expect([answer.status, answer.setCookies]).toEqual([401, []]);
    }
    expect(await me(browser)).toBe(ada);
  });

  it.each([
    ['valid', '0s'],
    ['just expired', '16m'],
  ])(
    'is refused with an access cookie of another session that is %s, and both cookies stay',
    async (_, passed) => {
      const eve = await scene();
      const own = browser.jar.get('refresh_token') ?? '';
      browser.jar.delete('refresh_token');
      plant();
      clock.advance(passed);
      const answer = await browser.post('/auth/refresh');
      expect([answer.status, answer.setCookies]).toEqual([401, []]);
      expect(await refresh(eve)).toBe(200);

      browser.jar.delete('refresh_token');
      browser.jar.set('refresh_token', own, '/auth');
      expect(await refresh(browser)).toBe(200);
      expect(await me(browser)).toBe(ada);
    },
  );

  // T-2n93
  it('ends with the own session at a logout', async () => {
    const eve = await scene();
    plant();
    expect((await browser.post('/auth/logout')).status).toBe(204);
    expect(await me(eve)).toBe(401);
    expect(await refresh(browser)).toBe(401);
    expect(await me(browser)).toBe(401);
  });

  it('does not take the place of the own one at logout-all', async () => {
    await scene();
    plant();
    const answer = await browser.post('/auth/logout-all');
    expect(answer.status).toBe(204);
    expect(answer.setCookies.map((line) => line.split('=')[0])).toEqual(['access_token']);
    expect(await refresh(browser)).toBe(401);
    expect(await me(browser)).toBe(401);
  });

  it.each(['cookie', 'hybrid'])(
    'after a login as another user over a live session (%s), the new user is signed in',
    async (transport) => {
      await scene();
      const answer = await browser.post('/auth/login', {
        email: EVE,
        password: PASSWORD,
        transport,
      });
      expect(answer.status).toBe(200);
      expect(await refresh(browser)).toBe(200);
      if (transport === 'cookie') expect(await me(browser)).not.toBe(ada);
    },
  );
});
