import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { drizzle } from 'drizzle-orm/node-postgres';
import { pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type pg from 'pg';
import { createDatabase, type TestDatabase, testPool } from '../../../../test/support/databases.js';
import { DrizzleUserDirectory } from './drizzle-user-directory.store.js';
import { migrateAuth } from './migrate.js';
import { createAuthSchema } from './schema.js';

const guests = pgTable('guests', {
  id: uuid('id').primaryKey(),
  email: text('email'),
  name: text('name'),
  hash: text('hash'),
});

describe.each(['LATIN1', 'WIN1252', 'SQL_ASCII'])('a database in %s', (encoding) => {
  let test: TestDatabase;
  let pool: pg.Pool;
  let directory: DrizzleUserDirectory;

  beforeAll(async () => {
    test = await createDatabase(encoding);
    pool = testPool({ connectionString: test.url });
    const db = drizzle(pool);
    await migrateAuth(db);
    await pool.query(`create table guests (id uuid primary key default gen_random_uuid(),
      email text, name text, hash text default 'h');
      insert into guests (email) values ('ILIA@example.com'), ('Zo\u00e9@example.com'), ('\u00ff@example.com')`);
    const { id, email, name, hash } = guests;
    const users = { table: guests, id, email, name, passwordHash: hash };
    directory = new DrizzleUserDirectory(db, createAuthSchema(), { users, deadlineMs: 20_000 });
  }, 60_000);
  afterAll(async () => {
    await pool.end();
    await test.drop();
  });

  it.each([
    'ilia@example.com',
    'zo\u00e9@example.com',
    'Zo\u00e9@example.com',
    '\u00ff@example.com',
  ])('finds %s', async (email) => {
    for (let times = 0; times < 2; times++)
      expect((await directory.findByEmail(email))?.passwordHash).toBe('h');
  });

  it('has no user whose name it cannot hold, and makes none', async () => {
    expect(await directory.findByEmail('\u0142ukasz@example.com')).toBeUndefined();
    const user = { email: 'new@example.com', name: '\u0141ukasz', passwordHash: 'h' };
    const made = directory.create(user).then(
      ({ kind }) => kind,
      (error: { code: string }) => error.code,
    );
    // without an encoding the bytes are taken as they come
    expect(await made).toBe(encoding === 'SQL_ASCII' ? 'created' : 'invalid_input');
  });
});
