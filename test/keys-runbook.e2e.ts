import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDatabase, type TestDatabase } from './support/databases.js';
import { type Demo, startDemo } from './support/demo.js';
import { scratchDir } from './support/run-environment.js';
import { type ListedKeys, tokenward } from './support/tokenward.js';

const pageOf = (name: string) => readFileSync(new URL(`../docs/${name}`, import.meta.url), 'utf8');
const USER = { email: 'ada@example.com', password: 'a quiet river at noon' };

/** The commands of a section, as they are written there. */
function commandsOf(heading: string, page = 'key-rotation.md'): string[] {
  const [, section = ''] = pageOf(page).split(`\n## ${heading}\n`);
  return [
    ...(section.split('\n## ')[0] ?? '').matchAll(/^ *(?:npx tokenward|curl -s) (.*)$/gm),
  ].map(([line]) => line.trim());
}

describe('the runbook of docs/key-rotation.md, step by step', () => {
  const cwd = scratchDir('runbook');
  let database: TestDatabase;
  let demo: Demo;
  let refreshToken: string;

  /** `1h` of the page is a second here. */
  const run = async (line: string, env: Readonly<Record<string, string>> = {}) => {
    const ended = await tokenward(
      line
        .replace('npx tokenward ', '')
        .replace(/(?<= )1h\b(?!-)/, '1s')
        .replace(/ *#.*/, ''),
      env,
      cwd,
    );
    expect(ended).toMatchObject({ code: 0, error: '' });
    return ended;
  };
  const phases = async () => {
    const { out } = await run('keys list --dir keys --lead-time 1h --json');
    return Object.fromEntries(
      (JSON.parse(out) as ListedKeys).keys.map(({ kid, phase }) => [kid, phase]),
    );
  };
  const published = async () =>
    (await demo.client().get('/.well-known/jwks.json'))
      .json<{ keys: { kid: string }[] }>()
      .keys.map(({ kid }) => kid)
      .sort();
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
    const [generate = ''] = commandsOf('Creating a key', 'keys.md');
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

  // T-b9zg
  it('rotates with a user signed in', async () => {
    const [list = '', rotate = '', curl = '', listAgain = '', ...more] =
      commandsOf('Rotating: the runbook');
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

  // T-zs4m
  it('emergency: the leaked key is refused, and the session continues', async () => {
    const [revoke = '', ...more] = commandsOf('Emergency: a leaked key').filter((line) =>
      line.includes('keys revoke'),
    );
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

  it('the other commands of the page work as described', async () => {
    const [, out = '', hmac = ''] = commandsOf('Creating a key', 'keys.md');
    const made = await run(out);
    expect(made.out).toMatch(/jwt\.pub\.pem/);
    expect((await run(hmac)).out).toMatch(/^[\w-]{86}\n$/);
    const [secret = ''] = commandsOf('The refresh-token secret', 'keys.md');
    expect((await run(secret)).out).toMatch(/^\w+:[\w-]{43}\n$/);
  });
});

describe('the restore of docs/operations.md, step by step', () => {
  // T-zp33
  it('a restored backup: the key that was revoked since does not sign again', async () => {
    const [restore = '', ...more] = commandsOf(
      'The database was restored from a backup',
      'operations.md',
    );
    expect([restore, more]).toEqual(['npx tokenward after-restore --yes', []]);
    const database = await createDatabase();
    const cwd = scratchDir('restore');
    const { out } = await tokenward('secret --encryption', {}, cwd);
    const env = { DATABASE_URL: database.url, KEY_ENCRYPTION_KEYS: out.trim() };
    const run = async (line: string) => {
      const ended = await tokenward(line.replace('npx tokenward ', ''), env, cwd);
      expect(ended).toMatchObject({ code: 0, error: '' });
      return ended;
    };
    const phases = async () => (JSON.parse((await run('keys list --json')).out) as ListedKeys).keys;
    const demoEnv = {
      ...env,
      KEY_REFRESH: '100ms',
      DEMO_USERS: `${USER.email}:${USER.password}:user`,
    };
    const before = await startDemo({ env: demoEnv });
    try {
      const login = await before.client().post('/auth/login', { ...USER, transport: 'bearer' });
      const { refreshToken } = login.json<{ refreshToken: string }>();
      const [leaked] = await phases();
      const table = async (from: TestDatabase, sql: string, values: unknown[] = []) => {
        const client = new pg.Client({ connectionString: from.url });
        await client.connect();
        try {
          return (await client.query<Record<string, unknown>>(sql, values)).rows;
        } finally {
          await client.end();
        }
      };
      const [kept] = await table(database, 'select * from auth_signing_keys');
      await run(`keys revoke ${leaked?.kid ?? ''}`);
      await before.stop();
      // the backup was taken before the key was revoked: the ledger and the table know nothing of it
      await table(database, `delete from auth_revocations where subject = $1`, [leaked?.kid]);
      await table(database, 'delete from auth_signing_keys');
      await table(
        database,
        `insert into auth_signing_keys (kid, algorithm, public_jwk, sealed_private_jwk, created_at, signs_from)
         values ($1, $2, $3, $4, $5, $6)`,
        ['kid', 'algorithm', 'public_jwk', 'sealed_private_jwk', 'created_at', 'signs_from'].map(
          (column) => kept?.[column],
        ),
      );
      expect(await phases()).toMatchObject([{ kid: leaked?.kid, phase: 'active' }]);

      await run(restore);

      const after = await phases();
      expect(after.find(({ kid }) => kid === leaked?.kid)?.phase).toBe('revoked');
      expect(after.filter(({ phase }) => phase === 'active')).toHaveLength(1);
      const demo = await startDemo({ env: demoEnv });
      try {
        const jwks = await demo.client().get('/.well-known/jwks.json');
        const kids = jwks.json<{ keys: { kid: string }[] }>().keys.map(({ kid }) => kid);
        expect(kids).not.toContain(leaked?.kid);
        expect((await demo.client().post('/auth/refresh', { refreshToken })).status).toBe(401);
      } finally {
        await demo.stop();
      }
    } finally {
      await before.stop();
      await database.drop();
    }
  }, 120_000);
});
