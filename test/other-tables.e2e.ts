import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { AuthModule, AuthService, type HostTransaction } from '@tokenward/nestjs';
import { drizzleStorage } from '@tokenward/nestjs/drizzle';
import { pgTransaction } from '@tokenward/nestjs/pg';
import { postgresJsTransaction } from '@tokenward/nestjs/postgres-js';
import pg from 'pg';
import postgres from 'postgres';
import { z } from 'zod';
import { until } from './support/until.js';
import {
  type HostApp,
  hostDatabase,
  type HostDatabase,
  hostOptions,
  startHost,
  PATIENT,
} from './support/host-app.js';
import { AT_SHOP, BCRYPT, PASSWORD, SHOP, TABLE, USERS } from './support/other-table.js';

describe('a table that somebody else made', () => {
  let database: HostDatabase;
  let host: HostApp;
  let auth: AuthService;
  const mailed: { readonly kind: string; readonly userId: string }[] = [];
  let next = 0;

  beforeAll(async () => {
    database = await hostDatabase();
    await database.pool.query(TABLE);
    const options = hostOptions(database, {
      storage: drizzleStorage(database.db, { users: USERS, deadline: PATIENT }),
      identifier: { tenant: ({ headers }) => headers['x-shop'] as string | undefined },
      registration: { fields: z.looseObject({}) },
      accounts: {
        mail: (mail) => void mailed.push(mail),
        url: 'https://app.example.com/{kind}#token={token}',
      },
    });
    @Module({ imports: [AuthModule.forRoot({ ...options, routes: { register: true } })] })
    class Host {}
    host = await startHost(Host);
    auth = host.app.get(AuthService, { strict: false });
  });
  afterAll(async () => {
    await host?.close();
    await database.drop();
  });

  async function put(): Promise<{ id: string; email: string }> {
    const email = `Member${String(++next)}@Example.com`;
    const { rows } = await database.pool.query<{ id: string }>(
      `insert into "Shop"."Members" ("shopId", "eMail", "passwordHash", "Name", "Role") values ($1, $2, $3, 'Ann', 'admin')
        returning "Id"::text as id`,
      [SHOP, email, BCRYPT],
    );
    return { id: rows[0]?.id ?? '', email };
  }
  const logIn = (email: string, password = PASSWORD) => {
    const client = host.client();
    return client
      .post('/auth/login', { email, password }, AT_SHOP)
      .then((answer) => ({ client, answer }));
  };

  // T-z7bj
  it('accepts an old hash in a column of fixed width, without its trailing blanks', async () => {
    const { id, email } = await put();
    expect((await logIn(email, 'wrong horse')).answer.status).toBe(401);
    const { client, answer } = await logIn(email.toUpperCase());
    expect([answer.status, answer.json()['user']]).toEqual([
      200,
      { id, email, name: 'Ann', role: 'admin' },
    ]);
    expect((await client.post('/auth/refresh')).status).toBe(200);
    expect((await client.get('/auth/me')).json()).toMatchObject({ id, name: 'Ann', role: 'admin' });
    expect((await logIn(email)).answer.status).toBe(200);
    const change = { currentPassword: PASSWORD, newPassword: 'another quiet harbour' };
    expect((await client.post('/auth/password', change)).status).toBe(200);
    expect((await logIn(email, change.newPassword)).answer.status).toBe(200);
    const stored = await database.pool.query<{ hash: string }>(
      `select "passwordHash"::text as hash from "Shop"."Members" where "Id" = $1`,
      [id],
    );
    expect(stored.rows[0]?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  // T-pt85
  it('a hidden row gets no link, cannot use one, and its session ends', async () => {
    const { id, email } = await put();
    const { client } = await logIn(email);
    const forgot = () => host.client().post('/auth/password/forgot', { email }, AT_SHOP);
    expect((await forgot()).status).toBe(202);
    await until(() => mailed.some(({ userId }) => userId === id));
    const before = mailed.length;
    await database.pool.query(`update "Shop"."Members" set "isActive" = false where "Id" = $1`, [
      id,
    ]);
    expect((await forgot()).status).toBe(202);
    const token = /token=(.*)$/.exec(
      (mailed.find(({ userId }) => userId === id) as never)['url'],
    )?.[1];
    const reset = await host
      .client()
      .post('/auth/password/reset', { token, newPassword: 'a new harbour' });
    expect([reset.status, reset.json()['code']]).toEqual([400, 'link_refused']);
    expect((await client.post('/auth/refresh')).status).toBe(401);
    expect((await logIn(email)).answer.status).toBe(401);
    expect(mailed).toHaveLength(before);
  });

  it.each([
    [
      'what the database makes itself',
      { shout: 'X' },
      400,
      'shout: is not a field of registration',
    ],
    ['a column of identity', { row: 7 }, 400, 'row: is not a field of registration'],
    ['the tenant', { shop: SHOP }, 400, 'shop: is not a field of registration'],
    [
      'a tenant by another name',
      { tenantId: SHOP },
      400,
      'tenantId: is not a field of registration',
    ],
    ['what is longer than its column', { phone: '123456' }, 400, 'body: is not valid'],
    ['a field of its own', { phone: '12345' }, 201, undefined],
  ])('a registration with %s', async (_what, more, status, message) => {
    const email = `new${String(++next)}@example.com`;
    const made = await host
      .client()
      .post('/auth/register', { email, password: 'a quiet harbour', ...more }, AT_SHOP);
    expect([made.status, made.json()['message']]).toEqual([status, message]);
  });

  const addressOf = (length: number): string => {
    const head = `${'a'.repeat(60)}@`;
    const labels = 'b'.repeat(60).concat('.').repeat(5);
    return `${head}${labels.slice(0, length - head.length - 3)}.de`;
  };

  it('an email that the column does not hold is 400: at the change, or at its link where the database knows more', async () => {
    const { email, id } = await put();
    const { client } = await logIn(email);
    const change = (to: string) => client.post('/auth/email/change', { email: to });
    for (const [length, most] of [
      [321, 320],
      [201, 200],
    ] as const) {
      const refused = await change(addressOf(length));
      expect([refused.status, refused.json()['message']]).toEqual([
        400,
        `email: must be an email address of at most ${String(most)} characters`,
      ]);
    }
    expect((await change(addressOf(190))).status).toBe(202);
    const isLink = (mail: { readonly kind: string; readonly userId: string }) =>
      mail.userId === id && mail.kind === 'email_change';
    await until(() => mailed.some(isLink));
    const { token } = mailed.find(isLink) as { readonly token?: string };
    const used = await host.client().post('/auth/email/verify', { token });
    expect([used.status, used.json()['code']]).toEqual([400, 'link_refused']);
    const made = await host
      .client()
      .post('/auth/register', { email: addressOf(201), password: 'a quiet harbour' }, AT_SHOP);
    expect(made.status).toBe(400);
  });

  it.each([
    ['not a UUID', 'north', 400],
    ['long', 'x'.repeat(5000), 400],
    ['of a prototype', '__proto__', 400],
    ['another', '11111111-55c1-4a52-9d0a-3c8a5b1f4d77', 201],
  ])('a tenant that is %s', async (_what, shop, registered) => {
    const { email } = await put();
    const at = { headers: { 'x-shop': shop } };
    const client = host.client();
    expect((await client.post('/auth/login', { email, password: PASSWORD }, at)).status).toBe(401);
    const made = await client.post('/auth/register', { email, password: 'a quiet harbour' }, at);
    expect(made.status).toBe(registered);
  });

  describe('in a transaction of the host', () => {
    let postgresJs: postgres.Sql;
    beforeAll(() => {
      postgresJs = postgres(database.url, { max: 2, onnotice: () => undefined });
    });
    afterAll(() => postgresJs.end());

    async function inPg(begin: string, use: (client: pg.Client) => Promise<void>): Promise<void> {
      const client = new pg.Client(database.url);
      await client.connect();
      try {
        await client.query(begin);
        await use(client);
      } finally {
        await client.end();
      }
    }
    const refused = (message: string) => ({
      reason: 'configuration_invalid',
      detail: expect.stringMatching(message),
    });

    it('finds users that meet the condition, also without a session', async () => {
      const { id } = await put();
      await database.db.transaction(
        async (tx) => void (await auth.userChanged(tx, id, 'disabled')),
      );
      await postgresJs.begin(
        async (tx) => void (await auth.userChanged(postgresJsTransaction(tx), id, 'disabled')),
      );
      await inPg(
        'begin',
        async (client) => void (await auth.passwordChanged(pgTransaction(client), id)),
      );
      await database.pool.query(`update "Shop"."Members" set "isActive" = false where "Id" = $1`, [
        id,
      ]);
      await postgresJs
        .begin((tx) => auth.userChanged(postgresJsTransaction(tx), id, 'disabled'))
        .then(
          () => expect('found').toBe('hidden'),
          (error: unknown) => expect(error).toMatchObject({ reason: 'user_not_found' }),
        );
    });

    it.each<[string, () => unknown]>([
      ['undefined', () => undefined],
      ['null', () => null],
      ['text', () => 'begin'],
      ['a pool', () => database.pool],
      ['the handle of Drizzle', () => database.db],
      ['a client that is not wrapped', () => new pg.Client(database.url)],
      ['an empty object', () => ({})],
      ['nothing in an adapter', () => pgTransaction(undefined as never)],
      ['a handle of Drizzle in an adapter', () => pgTransaction(database.db as never)],
      [
        'what runs statements and answers without rows',
        () => pgTransaction({ query: () => Promise.resolve([]) } as never),
      ],
    ])('%s is refused with a clear error, and nothing is written', async (_what, tx) => {
      const { id, email } = await put();
      const { client, answer } = await logIn(email);
      expect(answer.status).toBe(200);
      for (const change of [
        () => auth.userChanged(tx() as HostTransaction, id, 'disabled'),
        () => auth.passwordChanged(tx() as HostTransaction, id),
      ])
        await expect(change()).rejects.toMatchObject(refused('^tx: '));
      expect((await client.get('/auth/me')).status).toBe(200);
      expect((await auth.sessions(id)).length).toBe(1);
    });

    // T-z7np
    it('a read-only or failed one is refused with a clear error', async () => {
      const { id, email } = await put();
      const { client } = await logIn(email);
      await inPg('begin read only', async (each) => {
        await expect(auth.userChanged(pgTransaction(each), id)).rejects.toMatchObject(
          refused('read-only'),
        );
      });
      const failing = postgresJs.begin(async (tx) => {
        await tx`select 1 / 0`.catch(() => undefined);
        await auth.userChanged(postgresJsTransaction(tx), id);
      });
      await expect(failing).rejects.toMatchObject(refused('failed'));
      expect((await client.get('/auth/me')).status).toBe(200);
    });

    it('a serializable one that loses reports the code by which hosts try again', async () => {
      const { id, email } = await put();
      const { client } = await logIn(email);
      await inPg('begin isolation level serializable', async (each) => {
        await each.query('select count(*) from auth_subjects');
        await auth.changeUser(id, 'authorization');
        await expect(auth.userChanged(pgTransaction(each), id)).rejects.toMatchObject({
          reason: 'unavailable',
          extra: { cause: { code: '40001' } },
        });
      });
      await inPg('begin isolation level serializable', async (each) => {
        const pending = await auth.userChanged(pgTransaction(each), id, 'disabled');
        await each.query('commit');
        await pending.committed();
      });
      expect((await client.post('/auth/refresh')).status).toBe(401);
    });
  });
});
