import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { AuthModule, AuthService } from '@tokenward/nestjs';
import { drizzleStorage, type UserColumns } from '@tokenward/nestjs/drizzle';
import { bigint, customType, integer, pgTable, text } from 'drizzle-orm/pg-core';
import {
  type HostApp,
  hostDatabase,
  type HostDatabase,
  hostOptions,
  startHost,
  PATIENT,
} from './support/host-app.js';

/** Of "correct horse". */
const BCRYPT = '$2b$04$nAPPVppyF7u0uBJ88vCzHOoNVl7G/PTUqfuUNCIZYXLohgv3ZMLNK';
const PASSWORD = 'correct horse';

const citext = customType<{ data: string }>({ dataType: () => 'citext' });
/** Ids that are text or big numbers, beside a name in a column that compares without case. */
const citizens = pgTable('citizens', {
  key: text('key'),
  mail: citext('mail'),
  hash: text('hash'),
  role: text('role'),
});
const tills = pgTable('tills', {
  no: bigint('no', { mode: 'number' }),
  mail: citext('mail'),
  hash: text('hash'),
});
/** Numbered in each shop from 1. */
const staff = pgTable('staff', {
  shop: text('shop'),
  no: integer('no'),
  mail: text('mail'),
  hash: text('hash'),
});

describe('ids as hosts have them', () => {
  let database: HostDatabase;
  const running: HostApp[] = [];

  beforeAll(async () => {
    database = await hostDatabase();
    await database.pool.query(`create extension citext;
      create table citizens (key text primary key, mail citext unique, hash text, role text);
      create table tills (no bigint primary key, mail citext unique, hash text);
      create table staff (shop text, no int, mail text, hash text, primary key (shop, no))`);
  });
  afterAll(async () => {
    for (const host of running) await host.close();
    await database.drop();
  });

  async function start(users: UserColumns): Promise<HostApp> {
    const options = hostOptions(database, {
      storage: drizzleStorage(database.db, { users, deadline: PATIENT }),
    });
    @Module({ imports: [AuthModule.forRoot({ ...options, routes: { register: true } })] })
    class Host {}
    const host = await startHost(Host);
    running.push(host);
    return host;
  }

  it('text of any kind, and a citext column by its own unique index', async () => {
    const { key, mail, hash, role } = citizens;
    const host = await start({ table: citizens, id: key, email: mail, passwordHash: hash, role });
    const ids = ['Ünï-Kód/1', 'a b', "o'neil", '42', 'ID', 'id', '%', 'null', 'x'.repeat(200)];
    for (const [n, id] of ids.entries()) {
      const email = `Citizen${String(n)}@Example.com`;
      await database.pool.query('insert into citizens values ($1, $2, $3, $4)', [
        id,
        email,
        BCRYPT,
        `r${String(n)}`,
      ]);
      const client = host.client();
      const login = await client.post('/auth/login', {
        email: email.toUpperCase(),
        password: PASSWORD,
      });
      expect([login.status, login.json()['user']]).toEqual([
        200,
        { id, email, role: `r${String(n)}` },
      ]);
      expect((await client.post('/auth/refresh')).status).toBe(200);
      expect((await client.get('/auth/me')).json()).toMatchObject({ id, role: `r${String(n)}` });
    }
    const auth = host.app.get(AuthService, { strict: false });
    await auth.changeUser('ID', 'disabled');
    expect([(await auth.sessions('ID')).length, (await auth.sessions('id')).length]).toEqual([
      0, 1,
    ]);
  });

  it('numbers that JavaScript cannot count to', async () => {
    const { no, mail, hash } = tills;
    const host = await start({ table: tills, id: no, email: mail, passwordHash: hash });
    for (const id of ['9007199254740992', '9007199254740993', '9223372036854775807', '-5', '0']) {
      const email = `till${id}@example.com`;
      await database.pool.query('insert into tills values ($1, $2, $3)', [id, email, BCRYPT]);
      const client = host.client();
      const login = await client.post('/auth/login', { email, password: PASSWORD });
      expect([login.status, login.json()['user']]).toEqual([200, { id, email }]);
      expect((await client.post('/auth/refresh')).status).toBe(200);
      expect((await client.get('/auth/me')).json()).toMatchObject({ id, email });
    }
  });

  // T-srjv
  it('one that is unique only beside the shop stops the boot: two people would share sessions', async () => {
    const { no, mail, hash } = staff;
    const users = { table: staff, id: no, email: mail, passwordHash: hash };
    await expect(start(users)).rejects.toThrow(
      'the column no of public.staff is unique only beside others, so that two people would share sessions; name a column that is unique by itself as users.id',
    );
    await database.pool.query('create unique index on staff (no)');
    expect((await (await start(users)).client().get('/auth/me')).status).toBe(401);
  });
});
