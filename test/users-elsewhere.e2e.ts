import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication, Module, UseGuards } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import {
  AuthModule,
  AuthService,
  CurrentUser,
  JwtAuthGuard,
  PasswordHasher,
  TokenVersionGuard,
} from '@tokenward/nestjs';
import { drizzleStorage, migrateAuth } from '@tokenward/nestjs/drizzle';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { RemoteUsers } from '../examples/http-users/src/remote-users.js';
import { createDatabase, type TestDatabase, testPool } from './support/databases.js';
import { httpClient } from './support/http.js';

interface RemoteUser {
  id: string;
  email: string;
  role: string;
  disabled: boolean;
  passwordHash: string;
}

const PASSWORD = 'a quiet harbour at dawn';

@Controller()
class ProfileController {
  @Get('profile')
  profile(@CurrentUser('id') id: string) {
    return { id };
  }

  @Get('sensitive')
  @UseGuards(TokenVersionGuard)
  sensitive(@CurrentUser('role') role: string) {
    return { role };
  }
}

describe('users that another service keeps (examples/http-users)', () => {
  const users = new Map<string, RemoteUser>();
  let outage = false;
  let passwordHash: string;
  let database: TestDatabase;
  let pool: pg.Pool;
  let service: Server;
  let app: INestApplication;
  let url: string;

  beforeAll(async () => {
    database = await createDatabase();
    pool = testPool({ connectionString: database.url });
    const db = drizzle(pool);
    await migrateAuth(db);
    service = createServer((request, response) => {
      void answer(request.method ?? '', request.url ?? '', request, response);
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
    const remote = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;

    @Module({
      imports: [
        AuthModule.forRoot({
          issuer: 'https://api.example.com',
          audience: 'example',
          keys: {
            algorithm: 'ES256',
            privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
          },
          storage: drizzleStorage(db),
          users: new RemoteUsers(remote),
        }),
      ],
      controllers: [ProfileController],
      providers: [{ provide: APP_GUARD, useExisting: JwtAuthGuard }],
    })
    class AppModule {}

    app = await NestFactory.create(AppModule, { logger: false });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
    passwordHash = await app.get(PasswordHasher, { strict: false }).hash(PASSWORD);
  });

  afterAll(async () => {
    await app.close();
    service.close();
    await pool.end();
    await database.drop();
  });

  beforeEach(() => {
    outage = false;
    users.clear();
    users.set('u-1', {
      id: 'u-1',
      email: 'ada@example.com',
      role: 'user',
      disabled: false,
      passwordHash,
    });
  });

  async function answer(
    method: string,
    path: string,
    body: AsyncIterable<Buffer>,
    response: ServerResponse,
  ): Promise<void> {
    const say = (status: number, json?: object): void => {
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(json && JSON.stringify(json));
    };
    if (outage) return say(500);
    const { pathname, searchParams } = new URL(path, 'http://users');
    const found = searchParams.has('email')
      ? [...users.values()].find(({ email }) => email === searchParams.get('email'))
      : users.get(pathname.split('/')[2] ?? '');
    if (!found) return say(404);
    if (method === 'GET') return say(200, found);
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    const { expected, next } = JSON.parse(Buffer.concat(chunks).toString()) as {
      expected: string;
      next: string;
    };
    if (found.passwordHash !== expected) return say(409);
    found.passwordHash = next;
    say(204);
  }

  async function signedIn() {
    const client = httpClient(url);
    const login = await client.post('/auth/login', {
      email: 'Ada@example.com',
      password: PASSWORD,
    });
    expect(login.status).toBe(200);
    return client;
  }

  it('a session of an actor ends when the actor is gone or disabled there', async () => {
    const auth = app.get(AuthService, { strict: false });
    const client = httpClient(url);
    const boss = {
      id: 'u-2',
      email: 'boss@example.com',
      role: 'admin',
      disabled: false,
      passwordHash,
    };
    users.set('u-2', boss);
    for (const leave of [() => (boss.disabled = true), () => users.delete('u-2')]) {
      const { grant } = await auth.openSession('u-1', {
        actor: { id: 'u-2' },
        transport: 'bearer',
      });
      const { refreshToken } = grant;
      const first = await client.post('/auth/refresh', { refreshToken });
      const next = first.json<{ accessToken: string; refreshToken: string }>();
      const token = { headers: { authorization: `Bearer ${next.accessToken}` } };
      expect((await client.get('/sensitive', token)).json()).toEqual({ role: 'user' });
      leave();
      expect((await client.get('/profile', token)).status).toBe(200);
      expect((await client.get('/sensitive', token)).status).toBe(401);
      expect((await client.post('/auth/refresh', { refreshToken: next.refreshToken })).status).toBe(
        401,
      );
      // what the refresh found out holds for the access token too
      expect((await client.get('/profile', token)).status).toBe(401);
      boss.disabled = false;
    }
    await expect(auth.openSession('u-1', { actor: { id: 'u-2' } })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  // T-txc9
  it('log in, refresh and are who the token says', async () => {
    const client = await signedIn();
    expect((await client.get('/profile')).json()).toEqual({ id: 'u-1' });
    expect((await client.get('/sensitive')).json()).toEqual({ role: 'user' });
    expect((await client.post('/auth/refresh')).status).toBe(200);
    expect((await client.get('/profile')).status).toBe(200);
  });

  // T-9q2s
  it('change their password there', async () => {
    const client = await signedIn();
    const change = { currentPassword: PASSWORD, newPassword: 'another harbour, at dusk' };
    expect((await client.post('/auth/password', change)).status).toBe(200);
    expect(users.get('u-1')?.passwordHash).not.toBe(passwordHash);
    const retry = { email: 'ada@example.com', password: PASSWORD };
    expect((await httpClient(url).post('/auth/login', retry)).status).toBe(401);
    expect(
      (await httpClient(url).post('/auth/login', { ...retry, password: change.newPassword }))
        .status,
    ).toBe(200);
  });

  // T-6fmj
  it('during an outage there get 503, never a refusal', async () => {
    const client = await signedIn();
    outage = true;
    const login = await client.post('/auth/login', {
      email: 'ada@example.com',
      password: PASSWORD,
    });
    expect([login.status, login.headers['retry-after']]).toEqual([503, '1']);
    expect((await client.get('/sensitive')).status).toBe(503);
    expect((await client.get('/auth/me')).status).toBe(503);
    expect((await client.post('/auth/refresh')).status).toBe(503);
    expect((await client.get('/profile')).status).toBe(200);
  });

  // T-cg9j
  it('are refused by the authoritative check and the next refresh after they are gone or changed there', async () => {
    const promoted = await signedIn();
    (users.get('u-1') as RemoteUser).role = 'admin';
    expect((await promoted.get('/sensitive')).status).toBe(401);
    expect((await promoted.get('/profile')).status).toBe(200);

    const client = await signedIn();
    expect((await client.get('/auth/me')).json()).toMatchObject({
      id: 'u-1',
      email: 'ada@example.com',
    });
    (users.get('u-1') as RemoteUser).disabled = true;
    expect((await client.get('/auth/me')).status).toBe(401);
    expect((await client.get('/sensitive')).status).toBe(401);
    expect((await client.post('/auth/refresh')).status).toBe(401);
    users.clear();
    expect((await promoted.get('/auth/me')).status).toBe(401);
    expect((await client.get('/profile', { cookies: 'include' })).status).toBe(401);
  });

  it('a user who is not found for a while loses the sessions, and keeps what signs in', async () => {
    const client = await signedIn();
    const factor = ['6b1d2f2e-7c1b-4a52-9d0a-3c8a5b1f4d78', 'u-1', 'passkey', 'a-credential'];
    const put =
      'insert into auth_factors (id, subject, kind, credential_id, confirmed_at) values ($1, $2, $3, $4, now())';
    await pool.query(put, factor);
    const there = async () =>
      (await pool.query("select 1 from auth_factors where subject = 'u-1'")).rows.length;
    users.clear();
    expect((await client.post('/auth/refresh')).status).toBe(401);
    const ended = await pool.query(
      "select 1 from auth_sessions where end_reason = 'user_not_found'",
    );
    expect([ended.rows.length > 0, await there()]).toEqual([true, 1]);
    users.set('u-1', {
      id: 'u-1',
      email: 'ada@example.com',
      role: 'user',
      disabled: false,
      passwordHash,
    });
    await app.get(AuthService, { strict: false }).changeUser('u-1', 'deleted');
    expect(await there()).toBe(0);
  });
});
