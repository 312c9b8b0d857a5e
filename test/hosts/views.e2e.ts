import { type LoggerService, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { AuthModule } from '@tokenward/nestjs';
import { drizzleStorage } from '@tokenward/nestjs/drizzle';
import { pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { hostDatabase, type HostDatabase, hostOptions, PATIENT } from '../support/host-app.js';
import { httpClient } from '../support/http.js';
import { BCRYPT, PASSWORD } from '../support/other-table.js';
import { bearer, logIn } from '../support/stage.js';

let database: HostDatabase;
beforeAll(async () => {
  database = await hostDatabase();
  await database.pool.query(`create table addresses (person uuid primary key, email text unique);
    create table logins (person uuid primary key default gen_random_uuid(), hash text);
    create view members as select person as id, email, hash from logins join addresses using (person);
    with one as (insert into logins (hash) values ('${BCRYPT}') returning person)
      insert into addresses select person, 'ada@people.test' from one`);
}, 60_000);
afterAll(() => database.drop());

const TRIGGER = `create function keep_hash() returns trigger language plpgsql as
    $$ begin update logins set hash = new.hash where person = new.id; return new; end $$;
  create trigger keep_hash instead of update on members for each row execute function keep_hash()`;
const hashes = async () =>
  (await database.pool.query<{ hash: string }>('select hash from logins')).rows.map(
    ({ hash }) => hash,
  );

const members = pgTable('members', {
  id: uuid('id').primaryKey(),
  email: text('email').notNull(),
  hash: text('hash'),
});

it('users in a view of two tables sign in, and the boot says that their hashes stay as they are', async () => {
  const lines: string[] = [];
  const write = (line: unknown): void => void lines.push(String(line));
  const logger: LoggerService = { log: () => undefined, warn: write, error: write };
  const users = {
    table: members,
    id: members.id,
    email: members.email,
    passwordHash: members.hash,
  };
  const storage = drizzleStorage(database.db, { users, deadline: PATIENT });
  @Module({ imports: [AuthModule.forRoot(hostOptions(database, { storage }))] })
  class Host {}
  const app = await NestFactory.create(Host, { logger, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  const client = httpClient(await app.getUrl());
  try {
    const person = { email: 'ada@people.test', password: PASSWORD };
    const login = await logIn(client, person, { transport: 'bearer' });
    expect(login.status).toBe(200);
    const change = { currentPassword: PASSWORD, newPassword: 'a brand new harbour 42' };
    const { accessToken } = login.json<{ accessToken: string }>();
    expect((await client.post('/auth/password', change, bearer(accessToken))).status).toBe(503);
    expect(lines.filter((line) => line.includes('public.members'))).toEqual([
      'drizzleStorage: PostgreSQL cannot update the view public.members: old hashes are never replaced, and a change of the password is 503; give it an INSTEAD OF UPDATE trigger, or name the table that holds the hash',
    ]);
    expect(await hashes()).toEqual([BCRYPT]);
    await database.pool.query(TRIGGER);
    expect((await client.post('/auth/password', change, bearer(accessToken))).status).toBe(200);
    expect(await hashes()).toEqual([expect.stringMatching(/^\$argon2id\$/)]);
  } finally {
    await app.close();
  }
}, 60_000);
