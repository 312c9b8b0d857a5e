import { randomBytes } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthModule, AuthService, JwtAuthGuard, TokenVersionGuard } from '@tokenward/nestjs';
import { AuditLog } from '@tokenward/nestjs/observe';
import { drizzleKeySource, drizzleStorage, migrateAuth } from '@tokenward/nestjs/drizzle';
import { drizzle } from 'drizzle-orm/node-postgres';
import { boolean, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { ROOT } from './support/consumer-app.js';
import { createDatabase, type TestDatabase, testPool } from './support/databases.js';
import { type HostApp, startHost, PATIENT } from './support/host-app.js';
import type { HttpClient } from './support/http.js';

const PASSWORD = 'a long enough passphrase';
const REFUSED_BY_POSTGRES = '42501';

const users = pgTable('users', {
  id: uuid('id').primaryKey().defaultRandom(),
  email: text('email').notNull().unique(),
  name: text('name'),
  passwordHash: text('password_hash').notNull(),
  role: text('role').notNull().default('user'),
  permissions: text('permissions').array(),
  disabled: boolean('disabled').notNull().default(false),
});
/** As the owner has made it: more than Tokenward is told of, and a table that it must not touch. */
const HOST_TABLES = `
  create table users (id uuid primary key default gen_random_uuid(), email text not null unique, name text, password_hash text not null,
    role text not null default 'user', permissions text[], disabled boolean not null default false, salary int);
  create table orders (id int);`;

@Controller()
class Things {
  @Get('sensitive')
  @UseGuards(JwtAuthGuard, TokenVersionGuard)
  sensitive() {
    return 'yes';
  }
}

/** The statements of docs/database.md that make the role, for a role and a database of this test's own. */
function grantsOfThePage(role: string, database: string): string {
  const page = readFileSync(join(ROOT, 'docs', 'database.md'), 'utf8');
  const [, statements = ''] = /^```sql\n(CREATE ROLE app[\s\S]*?)^```$/m.exec(page) ?? [];
  return statements.replaceAll(/\bapp\b/g, role).replaceAll(/\bshop\b/g, `"${database}"`);
}

/** What PostgreSQL refused to the role, in the background too. */
function refusalsTo(pool: pg.Pool): readonly string[] {
  const refused: string[] = [];
  pool.on('connect', (client) => {
    const { connection } = client as unknown as { connection: EventEmitter };
    connection.on('errorMessage', ({ code, message }: pg.DatabaseError) => {
      if (code === REFUSED_BY_POSTGRES) refused.push(message);
    });
  });
  return refused;
}

describe('the role of docs/database.md', () => {
  const role = `app_${randomBytes(5).toString('hex')}`;
  let database: TestDatabase;
  let owner: pg.Pool;
  let pool: pg.Pool;
  let refused: readonly string[];
  let host: HostApp;
  let auth: AuthService;

  beforeAll(async () => {
    database = await createDatabase();
    owner = testPool({ connectionString: database.url, max: 2 });
    await migrateAuth(drizzle(owner));
    await owner.query(HOST_TABLES);
    // what is not granted by the page is not there
    await owner.query(
      `revoke all on database "${database.name}" from public; revoke all on schema public from public`,
    );
    await owner.query(grantsOfThePage(role, database.name));
    const url = new URL(database.url);
    [url.username, url.password] = [role, randomBytes(12).toString('hex')];
    await owner.query(`alter role ${role} password '${url.password}'`);
    pool = testPool({ connectionString: url.href, max: 8 });
    refused = refusalsTo(pool);
    host = await startHost(hostOn(pool));
    auth = host.app.get(AuthService, { strict: false });
  });

  afterAll(async () => {
    await host?.close();
    await pool?.end();
    await owner.query(`drop owned by ${role}; drop role ${role}`);
    await owner.end();
    await database.drop();
  });

  function hostOn(connections: pg.Pool) {
    const db = drizzle(connections);
    const { id, email, name, passwordHash, permissions, disabled } = users;
    const columns = {
      table: users,
      id,
      email,
      name,
      passwordHash,
      role: users.role,
      permissions,
      disabled,
    };
    @Module({
      imports: [
        AuthModule.forRoot({
          issuer: 'https://host.example',
          audience: 'host',
          keys: { algorithm: 'ES256' },
          keySource: drizzleKeySource(db, {
            encryptionKeys: [`one:${randomBytes(32).toString('base64url')}`],
          }),
          storage: drizzleStorage(db, { users: columns, deadline: PATIENT }),
          routes: { register: true },
        }),
      ],
      controllers: [Things],
    })
    class Host {}
    return Host;
  }

  async function register(name: string): Promise<{ id: string; email: string }> {
    const email = `${name}@example.com`;
    const answer = await host.client().post('/auth/register', { email, password: PASSWORD, name });
    expect(answer.status).toBe(201);
    return answer.json<{ user: { id: string; email: string } }>().user;
  }

  async function signIn(email: string, password = PASSWORD): Promise<HttpClient> {
    const client = host.client();
    expect((await client.post('/auth/login', { email, password })).status).toBe(200);
    return client;
  }

  // T-h8mt
  it('suffices for the routes: from registration to the end of everything', async () => {
    const { id, email } = await register('ada');
    const client = await signIn(email);
    expect((await client.get('/sensitive')).status).toBe(200);
    const thief = client.copy();
    expect((await client.post('/auth/refresh')).status).toBe(200);
    expect((await client.get('/auth/sessions')).json()).toHaveLength(1);
    expect((await thief.post('/auth/refresh')).status).toBe(401);
    expect((await client.get('/auth/me')).status).toBe(401);

    const other = await signIn(email);
    const again = await signIn(email);
    const [currentPassword, newPassword] = [PASSWORD, 'another river at dusk'];
    expect((await again.post('/auth/password', { currentPassword, newPassword })).status).toBe(200);
    expect((await other.get('/auth/me')).status).toBe(401);
    expect((await again.post('/auth/reauthenticate', { password: newPassword })).status).toBe(200);
    await signIn(email, newPassword);
    expect((await again.delete('/auth/sessions')).status).toBe(204);
    expect((await again.post('/auth/logout')).status).toBe(204);
    const last = await signIn(email, newPassword);
    expect((await last.post('/auth/logout-all')).status).toBe(204);
    expect((await last.post('/auth/refresh')).status).toBe(401);

    await owner.query(`update users set role = 'admin' where id = $1`, [id]);
    const admin = await signIn(email, newPassword);
    const ben = await register('ben');
    expect((await admin.post(`/auth/users/${ben.id}/revoke`)).status).toBe(204);
    const guesses = [];
    for (let guess = 0; guess <= 10; guess++)
      guesses.push(
        (await host.client().post('/auth/login', { email: ben.email, password: 'x' })).status,
      );
    expect(guesses).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
    expect(refused).toEqual([]);
  });

  // T-6rrr
  it('suffices for AuthService, the audit trail and the clean-up', async () => {
    const { id, email } = await register('cleo');
    const open = async () =>
      (await auth.openSession(id, { transport: 'bearer', secondFactor: 'satisfied' })).grant;
    expect(await auth.revokeSession((await open()).sessionId)).toBe('ended');
    await auth.revokeToken(
      '11111111-1111-4111-8111-111111111111',
      Math.floor(Date.now() / 1000) + 60,
    );
    await auth.changeUser(id, 'authorization');
    await auth.rotateRefreshSecret();
    const token = await auth.issueOneTimeToken('invitation', id, '1h');
    expect(await auth.redeemOneTimeToken('invitation', token)).toMatchObject({ userId: id });
    const client = await signIn(email);
    expect((await client.post('/auth/refresh')).status).toBe(200);
    await auth.revokeUser(id);

    // what the recorder writes by itself comes within a second
    const log = host.app.get(AuditLog, { strict: false });
    const types = async () => (await log.find({ userId: id })).records.map(({ type }) => type);
    const until = performance.now() + 15_000;
    while (!(await types()).includes('refresh.rotated'))
      expect(performance.now()).toBeLessThan(until);
    expect(await types()).toEqual(expect.arrayContaining(['user.registered', 'login.succeeded']));

    await owner.query(`
      update auth_sessions set ended_at = now() - interval '40 days' where ended_at is not null;
      update auth_revocations set expires_at = now() - interval '1 day' where kind = 'session';
      update auth_audit set at = now() - interval '100 days' where type = 'user.registered'`);
    const gone = `select (select count(*)::int from auth_sessions where ended_at is not null) as sessions,
      (select count(*)::int from auth_revocations where kind = 'session') as revocations,
      (select count(*)::int from auth_audit where type = 'user.registered') as records`;
    expect(await auth.cleanUp()).toBeGreaterThan(2);
    expect((await owner.query(gone)).rows).toEqual([{ sessions: 0, revocations: 0, records: 0 }]);
    await auth.afterRestore();
    expect(refused).toEqual([]);
  });

  it('suffices to replace a signing key that was revoked', async () => {
    const keys = async () =>
      (await host.client().get('/.well-known/jwks.json')).json<{ keys: { kid: string }[] }>().keys;
    const [leaked] = await keys();
    await auth.revokeKey(leaked?.kid ?? '');
    const until = performance.now() + 15_000;
    while ((await keys()).length !== 1) expect(performance.now()).toBeLessThan(until);
    expect((await keys())[0]?.kid).not.toBe(leaked?.kid);
    const { rows } = await owner.query(
      'select revoked_at is null as valid from auth_signing_keys order by 1',
    );
    // the first one went with afterRestore
    expect(rows).toEqual([{ valid: false }, { valid: false }, { valid: true }]);
    expect(refused).toEqual([]);
  });

  // T-9xp2
  it.each([
    ['change a table', 'alter table auth_sessions add column more text'],
    ['drop a table', 'drop table auth_audit'],
    ['empty a table', 'truncate auth_revocations'],
    ['silence a table', 'alter table auth_revocations disable trigger all'],
    ['make a table', 'create table mine (id int)'],
    ['make a schema', 'create schema mine'],
    ['make a function', `create function mine() returns int language sql as 'select 1'`],
    ['make a role', 'create role mine'],
    ['set what the server is told', 'alter system set fsync = off'],
    ['write a file', `copy auth_peppers to '/dev/null'`],
    ['forget a version', 'delete from auth_subjects'],
    ['replace the refresh-token secret', `update auth_peppers set secret = ''`],
    ['raise a role', `update users set role = 'admin'`],
    ['make an admin', `insert into users (email, password_hash, role) values ('e', 'p', 'admin')`],
    ['delete a user', 'delete from users'],
    ['read what it is not told of', 'select salary from users'],
    ['read what else the host keeps', 'select * from orders'],
    ['write the record of the migrations', 'delete from drizzle.__tokenward_migrations'],
  ])('does not allow to %s', async (_, statement) => {
    await expect(pool.query(statement)).rejects.toMatchObject({ code: REFUSED_BY_POSTGRES });
  });
});
