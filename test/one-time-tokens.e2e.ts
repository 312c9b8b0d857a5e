import { Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthModule, AuthService } from '@tokenward/nestjs';
import { drizzleStorage } from '@tokenward/nestjs/drizzle';
import { drizzle } from 'drizzle-orm/node-postgres';
import { testPool } from './support/databases.js';
import {
  hostDatabase,
  type HostApp,
  type HostDatabase,
  hostOptions,
  PEOPLE,
  people,
  startHost,
  PATIENT,
} from './support/host-app.js';

const KIND = 'invitation';
const REFUSED = { reason: 'link_refused', code: 'link_refused', message: 'Link refused' };

/** Two applications on one database, each with a pool of its own. */
describe('one-time tokens of a host', () => {
  let database: HostDatabase;
  let pool: ReturnType<typeof testPool>;
  const hosts: HostApp[] = [];
  let here: AuthService;
  let there: AuthService;
  let count = 0;

  beforeAll(async () => {
    database = await hostDatabase();
    pool = testPool({ connectionString: database.url, max: 8 });
    const storages = [
      database.storage(),
      drizzleStorage(drizzle(pool), { users: PEOPLE, deadline: PATIENT }),
    ];
    for (const storage of storages) {
      @Module({ imports: [AuthModule.forRoot(hostOptions(database, { storage }))] })
      class Host {}
      hosts.push(await startHost(Host));
    }
    const [one, another] = hosts.map(({ app }) => app.get(AuthService, { strict: false }));
    if (!one || !another) throw new Error('two hosts were wanted');
    [here, there] = [one, another];
  });
  afterAll(async () => {
    for (const host of hosts) await host.close();
    await pool.end();
    await database.drop();
  });

  async function person(): Promise<string> {
    const mail = `p${String(++count)}@example.com`;
    const [made] = await database.db.insert(people).values({ mail }).returning();
    return made?.ref ?? '';
  }

  it('return their user and data once, in whatever spelling the user was named', async () => {
    const userId = await person();
    const token = await here.issueOneTimeToken(KIND, userId.toUpperCase(), '1h', {
      team: 'ä',
      n: [1],
    });
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(await there.redeemOneTimeToken(KIND, token)).toEqual({
      userId,
      data: { team: 'ä', n: [1] },
    });
    await expect(here.redeemOneTimeToken(KIND, token)).rejects.toMatchObject(REFUSED);
  });

  it('are stored only as SHA-256', async () => {
    const token = await here.issueOneTimeToken(KIND, await person(), '1h');
    const { rows } = await database.pool.query<{ row: string }>(
      `select t::text as row from auth_one_time_tokens t where hash = sha256($1)`,
      [Buffer.from(token, 'ascii')],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.row).not.toContain(token);
    expect(rows[0]?.row).not.toContain(Buffer.from(token, 'base64url').toString('hex'));
  });

  // T-j5zw
  it('work for exactly one of twenty uses on two processes', async () => {
    const token = await here.issueOneTimeToken(KIND, await person(), '1h');
    const uses = Array.from({ length: 20 }, (_, n) =>
      (n % 2 ? here : there).redeemOneTimeToken(KIND, token).then(
        () => 'won',
        ({ reason }: { reason: string }) => reason,
      ),
    );
    const outcomes = await Promise.all(uses);
    expect(outcomes.sort()).toEqual([...Array.from({ length: 19 }, () => 'link_refused'), 'won']);
  });

  const LIVE = (userId: string) => there.issueOneTimeToken(KIND, userId, '1h');
  // T-vnh8
  it.each<[string, (token: string, userId: string) => string | Promise<unknown>]>([
    ['another token', () => Buffer.alloc(32, 7).toString('base64url')],
    ['the token with a blank', (token) => `${token} `],
    ['the token in standard base64', (token) => `${token}=`],
    ['nothing', () => ''],
    ['the token before a newer one of its kind', (_, userId) => LIVE(userId)],
    ['one after a password change', (_, userId) => there.changeUser(userId, 'password')],
    ['one of a user who was disabled', (_, userId) => there.changeUser(userId, 'disabled')],
    ['one of a user who was deleted', (_, userId) => there.changeUser(userId, 'deleted')],
    [
      'one of a user whom the host disabled without a word',
      (_, userId) =>
        database.pool.query('update people set locked = true where person_ref = $1', [userId]),
    ],
    [
      'one of a user who is gone without a word',
      (_, userId) => database.pool.query('delete from people where person_ref = $1', [userId]),
    ],
    [
      'one that expired a second ago',
      () =>
        database.pool.query(`update auth_one_time_tokens set expires_at = now() - interval '1s'`),
    ],
    ['one from before a restore', () => there.afterRestore()],
  ])('%s is refused', async (_, forge) => {
    const userId = await person();
    const token = await LIVE(userId);
    const forged = forge(token, userId);
    await forged;
    const presented = typeof forged === 'string' ? forged : token;
    await expect(here.redeemOneTimeToken(KIND, presented)).rejects.toMatchObject(REFUSED);
  });

  // T-7rps
  it('of another kind are refused and not spent, and Tokenward’s own kinds cannot be used', async () => {
    const userId = await person();
    const token = await LIVE(userId);
    for (const kind of ['another', `host:${KIND}`, 'password_reset'])
      await expect(here.redeemOneTimeToken(kind, token)).rejects.toMatchObject(REFUSED);
    expect(await here.redeemOneTimeToken(KIND, token)).toMatchObject({ userId });
  });

  it('stay valid after a sign-out everywhere and a change of role', async () => {
    const userId = await person();
    const token = await LIVE(userId);
    await here.revokeUser(userId);
    await here.changeUser(userId, 'authorization');
    expect(await here.redeemOneTimeToken(KIND, token)).toMatchObject({ userId });
  });

  it.each([
    ['a kind that is not a name', ['two words', '1h'], /^issueOneTimeToken\.kind: /],
    ['a lifetime that is not a duration', [KIND, 'soon'], /^issueOneTimeToken\.ttl: /],
    ['a lifetime of more than a year', [KIND, '366d'], /^issueOneTimeToken\.ttl: /],
  ] as const)('%s is an error that names it', async (_, [kind, ttl], message) => {
    const userId = await person();
    await expect(here.issueOneTimeToken(kind, userId, ttl)).rejects.toThrow(message);
  });

  it('for an unknown user throw an error', async () => {
    const issuing = here.issueOneTimeToken(KIND, '00000000-0000-4000-8000-000000000000', '1h');
    await expect(issuing).rejects.toMatchObject({ reason: 'user_not_found' });
  });

  it('are removed after they expire', async () => {
    await LIVE(await person());
    await database.pool.query(`update auth_one_time_tokens set expires_at = now() - interval '1s'`);
    expect(await here.cleanUp()).toBeGreaterThan(0);
    const { rows } = await database.pool.query(
      'select count(*)::int as n from auth_one_time_tokens',
    );
    expect(rows).toEqual([{ n: 0 }]);
  });
});
