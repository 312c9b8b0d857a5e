import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from './support/databases.js';
import { type Demo, startDemo } from './support/demo.js';
import { scratchDir } from './support/run-environment.js';
import { type ListedKeys, tokenward } from './support/tokenward.js';

const PAGE = readFileSync(new URL('../docs/keys.md', import.meta.url), 'utf8');
const USER = { email: 'ada@example.com', password: 'a quiet river at noon' };

/** The commands of a section, as they are written there. */
function commandsOf(heading: string): string[] {
  const [, section = ''] = PAGE.split(`\n## ${heading}\n`);
  return [...(section.split('\n## ')[0] ?? '').matchAll(/^ *(?:npx tokenward|curl -s) (.*)$/gm)].map(
    ([line]) => line.trim(),
  );
}

describe('the runbook of docs/keys.md, step by step', () => {
  const cwd = scratchDir('runbook');
  let database: TestDatabase;
  let demo: Demo;
  let refreshToken: string;

  /** `1h` of the page is a second here. */
  const run = async (line: string, env: Readonly<Record<string, string>> = {}) => {
    const ended = await tokenward(line.replace('npx tokenward ', '').replace('1h', '1s').replace(/ *#.*/, ''), env, cwd); // prettier-ignore
    expect(ended).toMatchObject({ code: 0, error: '' });
    return ended;
  };
  const phases = async () => {
    const { out } = await run('keys list --dir keys --lead-time 1h --json');
    return Object.fromEntries((JSON.parse(out) as ListedKeys).keys.map(({ kid, phase }) => [kid, phase]));
  };
  const published = async () =>
    (await demo.client().get('/.well-known/jwks.json')).json<{ keys: { kid: string }[] }>().keys.map(({ kid }) => kid).sort(); // prettier-ignore
  const until = async (what: () => Promise<boolean>) => {
    for (let tries = 0; tries < 300; tries += 1) {
      if (await what()) return;
      await delay(50);
    }
    throw new Error('it did not come about');
  };
  /** The session of the whole test goes on: the `kid` of its next token. */
  const refreshed = async (): Promise<{ kid: string; accessToken: string }> => {
    const answer = await demo.client().post('/auth/refresh', { refreshToken });
    expect(answer.status).toBe(200);
    const grant = answer.json<{ accessToken: string; refreshToken: string }>();
    ({ refreshToken } = grant);
    const [header = ''] = grant.accessToken.split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    return { kid, accessToken: grant.accessToken };
  };
  const me = async (token: string) =>
    (await demo.client().get('/me', { headers: { authorization: `Bearer ${token}` } })).status;

  beforeAll(async () => {
    database = await createDatabase();
    const [generate = ''] = commandsOf('Making a key');
    await run(generate);
    demo = await startDemo({
      env: {
        DATABASE_URL: database.url,
        KEY_DIRECTORY: `${cwd}/keys`,
        JWT_ALGORITHM: 'ES256',
        JWKS_CACHE: '1s',
        KEY_REFRESH: '100ms',
        DEMO_USERS: `${USER.email}:${USER.password}:user`,
      },
    });
    const answer = await demo.client().post('/auth/login', { ...USER, transport: 'bearer' });
    ({ refreshToken } = answer.json<{ refreshToken: string }>());
  }, 120_000);
  afterAll(async () => {
    await demo?.stop();
    await database?.drop();
  });

  it('rotates with a user signed in', async () => {
    const [list = '', rotate = '', curl = '', listAgain = '', ...more] = commandsOf('Rotating: the runbook');
    expect([list, rotate, curl, listAgain, more]).toEqual([
      expect.stringMatching(/keys list/),
      expect.stringMatching(/keys rotate/),
      expect.stringMatching(/^curl -s .*\/\.well-known\/jwks\.json$/),
      expect.stringMatching(/keys list/),
      [],
    ]);
    await run(list);
    expect(Object.values(await phases())).toEqual(['active']);
    const before = await refreshed();

    await run(rotate);
    await until(async () => (await published()).length === 2);

    await run(listAgain);
    await until(async () => (await phases())[before.kid] === 'retired');
    await until(async () => (await refreshed()).kid !== before.kid);
    expect(await me(before.accessToken)).toBe(200);
    expect((await published()).includes(before.kid)).toBe(true);
  });

  it('emergency: the key that leaked is refused, the session goes on', async () => {
    const [revoke = '', ...more] = commandsOf('Emergency: a key that leaked').filter((line) => line.includes('keys revoke')); // prettier-ignore
    expect(more).toEqual([]);
    const leaked = await refreshed();
    expect(await me(leaked.accessToken)).toBe(200);
    await run(revoke.replace('KID', leaked.kid), { DATABASE_URL: database.url });
    await until(async () => (await me(leaked.accessToken)) === 401);
    await until(async () => !(await published()).includes(leaked.kid));
    const next = await refreshed();
    expect(next.kid).not.toBe(leaked.kid);
    expect(await me(next.accessToken)).toBe(200);
    expect((await phases())[leaked.kid]).toBe('revoked');
  });

  it('the other commands of the page do what they say', async () => {
    const [, out = '', hmac = ''] = commandsOf('Making a key');
    const made = await run(out);
    expect(made.out).toMatch(/jwt\.pub\.pem/);
    expect((await run(hmac)).out).toMatch(/^[\w-]{86}\n$/);
    const [secret = ''] = commandsOf('The refresh-token secret');
    expect((await run(secret)).out).toMatch(/^\w+:[\w-]{43}\n$/);
  });
});
