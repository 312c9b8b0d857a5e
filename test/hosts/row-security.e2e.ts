import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { drizzleStorage } from '@tokenward/nestjs/drizzle';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { type HostDatabase, hostDatabase, PATIENT, PEOPLE } from '../support/host-app.js';

const ON = 'alter table auth_revocations enable row level security';
const policy = (rule: string) => `create policy mine on auth_revocations ${rule}`;

/** PostgreSQL reports no error for rows that a role cannot see, so other processes would miss a logout. */
describe('row-level security on the tables', () => {
  let database: HostDatabase;
  let pool: pg.Pool;
  const role = `tw_${randomBytes(4).toString('hex')}`;
  beforeAll(async () => {
    database = await hostDatabase();
    await database.pool.query(
      `create role ${role} login password 'x'; grant usage on schema public to ${role}; grant select, insert, update, delete on all tables in schema public to ${role}`,
    );
    const url = new URL(database.url);
    [url.username, url.password] = [role, 'x'];
    pool = new pg.Pool({ connectionString: url.href, max: 1 });
  });
  afterAll(async () => {
    await pool.end();
    await database.pool.query(`drop owned by ${role}; drop role ${role}`);
    await database.drop();
  });

  const boot = (): Promise<string> =>
    drizzleStorage(drizzle(pool), { users: PEOPLE, deadline: PATIENT })
      .check()
      .then(
        () => 'boots',
        (error: unknown) => (error as Error).message,
      );

  /** Runs the statements, and takes back what they did. */
  async function under<T>(statements: readonly string[], work: () => Promise<T>): Promise<T> {
    await database.pool.query(statements.join(';'));
    try {
      return await work();
    } finally {
      await database.pool.query(
        `drop policy if exists mine on auth_revocations; drop policy if exists own on auth_revocations; alter table auth_revocations disable row level security; alter table people disable row level security; alter role ${role} nobypassrls`,
      );
    }
  }

  it.each([
    ['no policy', []],
    ['a policy to write alone', [policy('for insert with check (true)')]],
    ['a policy that sees some rows', [policy("using (subject = current_setting('app.user'))")]],
    ['a policy of another role', [policy('to pg_monitor using (true)')]],
    [
      'a restrictive policy beside an open one',
      [
        policy('using (true)'),
        'create policy own on auth_revocations as restrictive using (false)',
      ],
    ],
  ])('stops the boot with %s', async (_, policies) => {
    expect(await under([ON, ...policies], boot)).toMatch(
      /^drizzleStorage: row-level security may hide rows of public\.auth_revocations from the role tw_\w+; ALTER TABLE public\.auth_revocations DISABLE ROW LEVEL SECURITY, or ALTER ROLE tw_\w+ BYPASSRLS$/,
    );
  });

  it.each([
    ['an open policy for everybody', [policy('using (true)')]],
    ['an open policy of the role', [policy(`to ${role} using (true) with check (true)`)]],
    ['a role that it does not concern', [`alter role ${role} bypassrls`]],
  ])('is fine with %s', async (_, further) => {
    expect(await under([ON, ...further], boot)).toBe('boots');
  });

  it('is named on the table of the users, which is the host’s own', async () => {
    const warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    try {
      expect(await under(['alter table people enable row level security'], boot)).toBe('boots');
      expect(warned.mock.calls.map(([line]) => String(line))).toContainEqual(
        expect.stringMatching(/row-level security may hide rows of public\.people from the role/),
      );
    } finally {
      warned.mockRestore();
    }
  });
});
