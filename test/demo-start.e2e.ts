import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { createDatabase, type TestDatabase, testPool } from './support/databases.js';
import { startDemo } from './support/demo.js';
import { STAGE_TIMEOUT_MS } from './support/stage.js';

const EMAIL = 'ada@example.com';

describe('a start of the demo whose query fails', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  beforeAll(async () => {
    database = await createDatabase();
    pool = testPool({ connectionString: database.url });
    const demo = await startDemo({ env: { DATABASE_URL: database.url } });
    await demo.stop();
    await pool.query(
      `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'full'; end $$`,
    );
  }, STAGE_TIMEOUT_MS);
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  it.each([
    ['the key of second factors', 'secrets', /own:/],
    ['the hash of a password', 'users', /argon2|ada@example/],
  ])(
    'names the code of the database, and prints nothing of %s',
    async (_, table, secret) => {
      await pool.query(`create trigger refuse before insert on ${table} execute function refuse()`);
      const env = { DATABASE_URL: database.url, DEMO_USERS: `${EMAIL}:a long quiet walk:user` };
      const printed = await startDemo({ env }).then(
        async (demo) => `it starts (${String(await demo.stop())})`,
        (error: unknown) => (error as Error).message,
      );
      await pool.query(`drop trigger refuse on ${table}`);
      expect(printed).toContain('P0001');
      expect(printed).not.toMatch(secret);
    },
    STAGE_TIMEOUT_MS,
  );
});
