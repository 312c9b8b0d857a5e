import { Controller, Delete, Get, Inject, Injectable, Module, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AuthInstance,
  AuthModule,
  AuthService,
  authToken,
  CurrentUser,
  JwtAuthGuard,
  PasswordHasher,
  RecentAuth,
  RecentAuthGuard,
  TokenVersionGuard,
} from '@tokenward/nestjs';
import { createAuthSchema, drizzleStorage, migrateAuth } from '@tokenward/nestjs/drizzle';
import { redisConnection } from '@tokenward/nestjs/redis';
import { actAs, AuthTestingModule } from '@tokenward/nestjs/testing';
import { Redis } from 'ioredis';
import { createRedisDatabase, type TestRedisDatabase } from './support/databases.js';
import { challengeOf, DeviceAgent, registrationOf } from './support/device.js';
import {
  hostDatabase,
  type HostApp,
  type HostDatabase,
  hostOptions,
  PEOPLE,
  people,
  startHost,
} from './support/host-app.js';

const PASSWORD = 'a long enough passphrase';
const EMAIL = 'both@example.com';

@Controller('shop')
class Shop {
  @Get()
  who(@CurrentUser('id') id: string) {
    return { id };
  }
}

@Controller('office')
@UseGuards(JwtAuthGuard.for('staff'))
class Office {
  @Get()
  who(@CurrentUser('id') id: string) {
    return { id };
  }
  @Get('sure')
  @UseGuards(TokenVersionGuard.for('staff'))
  sure() {
    return 'sure';
  }
  @Delete('recent')
  @RecentAuth('5m')
  @UseGuards(RecentAuthGuard.for('staff'))
  recent() {
    return 'recent';
  }
}

@Injectable()
class Dismissal {
  constructor(@Inject(authToken(AuthService, 'staff')) readonly staff: AuthService) {}
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe('two named instances in one app, on one Postgres and one Redis', () => {
  let database: HostDatabase;
  let redis: TestRedisDatabase;
  let clients: Redis[];
  let app: HostApp;
  let userId: string;

  beforeAll(async () => {
    database = await hostDatabase();
    redis = await createRedisDatabase();
    await migrateAuth(database.db, { schema: 'staff' });
    clients = ['shop:', 'staff:'].map((keyPrefix) => new Redis(redis.url, { keyPrefix }));
    const [shopRedis, staffRedis] = clients as [Redis, Redis];
    const users = PEOPLE;
    @Module({
      imports: [
        AuthModule.forRoot({ ...hostOptions(database, { redis: redisConnection(shopRedis) }) }),
        AuthModule.forRootAsync({
          name: 'staff',
          useFactory: () => ({
            ...hostOptions(database, { redis: redisConnection(staffRedis), deviceBound: 'offer' }),
            storage: drizzleStorage(database.db, {
              users,
              schema: createAuthSchema({ schema: 'staff' }),
            }),
          }),
        }),
      ],
      controllers: [Shop, Office],
      providers: [Dismissal],
    })
    class Host {}
    // the customers' guard on the class, as a decorator would put it there
    UseGuards(JwtAuthGuard)(Shop);
    app = await startHost(Host);
    const secret = await app.app.get(PasswordHasher).hash(PASSWORD);
    const [person] = await database.db
      .insert(people)
      .values({ mail: EMAIL, secret, kind: 'admin' })
      .returning();
    userId = person?.ref ?? '';
  });

  afterAll(async () => {
    await app.close();
    for (const client of clients) client.disconnect();
    await redis.drop();
    await database.drop();
  });

  async function signIn(prefix: string, transport = 'bearer') {
    const client = app.client();
    const answer = await client.post(`${prefix}/login`, {
      email: EMAIL,
      password: PASSWORD,
      transport,
    });
    expect(answer.status).toBe(200);
    return { client, answer, ...answer.json<{ accessToken: string; refreshToken: string }>() };
  }
  const statusOf = async (path: string, token: string): Promise<number> =>
    (await app.client().get(path, bearer(token))).status;

  // T-xkx7
  it('accepts no token of the other, access or refresh', async () => {
    const shop = await signIn('/auth');
    const staff = await signIn('/staff/auth');
    expect([
      await statusOf('/shop', shop.accessToken),
      await statusOf('/office', staff.accessToken),
    ]).toEqual([200, 200]);
    for (const path of ['/office', '/office/sure', '/staff/auth/me'])
      expect(await statusOf(path, shop.accessToken)).toBe(401);
    for (const path of ['/shop', '/auth/me', '/auth/sessions'])
      expect(await statusOf(path, staff.accessToken)).toBe(401);
    const refresh = async (prefix: string, refreshToken: string) =>
      (await app.client().post(`${prefix}/refresh`, { refreshToken })).status;
    expect(await refresh('/auth', staff.refreshToken)).toBe(401);
    expect(await refresh('/staff/auth', shop.refreshToken)).toBe(401);
    expect(await refresh('/auth', shop.refreshToken)).toBe(200);
    expect(await refresh('/staff/auth', staff.refreshToken)).toBe(200);
  });

  it('its named guards work: authoritative check, age of the proof', async () => {
    const { accessToken } = await signIn('/staff/auth');
    expect(await statusOf('/office/sure', accessToken)).toBe(200);
    expect((await app.client().delete('/office/recent', bearer(accessToken))).status).toBe(200);
  });

  // T-sv5t
  it('has cookies and keys of its own in one browser; a logout in one leaves the other signed in', async () => {
    const { client, answer } = await signIn('/auth', 'cookie');
    await client.post('/staff/auth/login', { email: EMAIL, password: PASSWORD });
    expect(answer.setCookies.map((line) => line.split('=')[0]).sort()).toEqual([
      'access_token',
      'device',
      'refresh_token',
    ]);
    expect([(await client.get('/shop')).status, (await client.get('/office')).status]).toEqual([
      200, 200,
    ]);
    expect((await client.post('/staff/auth/logout')).status).toBe(204);
    expect([(await client.get('/shop')).status, (await client.get('/office')).status]).toEqual([
      200, 401,
    ]);
    expect((await client.post('/auth/refresh')).status).toBe(200);
    const keys = async (path: string) =>
      (await client.get(path)).json<{ keys: { kid: string }[] }>().keys.map(({ kid }) => kid);
    const [ours, theirs] = [
      await keys('/.well-known/jwks.json'),
      await keys('/staff/.well-known/jwks.json'),
    ];
    expect(ours).toHaveLength(1);
    expect(theirs).toHaveLength(1);
    expect(ours).not.toEqual(theirs);
  });

  // T-brq8
  it('binds its sessions to browsers by its own routes and cookie, without effect on the other', async () => {
    const { client, answer } = await signIn('/auth', 'cookie');
    expect(answer.headers).not.toHaveProperty('secure-session-registration');
    const login = await client.post('/staff/auth/login', { email: EMAIL, password: PASSWORD });
    expect(registrationOf(login).path).toBe('/staff/auth/device');
    const agent = new DeviceAgent(client);
    const bound = await agent.register(login);
    const { refresh_url: path, credentials } =
      bound.json<Record<'refresh_url' | 'credentials', string>>();
    const [line = ''] = bound.setCookies;
    const [name, attributes] = [line.split('=', 1)[0], line.replace(/^[^;]+; Max-Age=\d+; /, '')];
    expect([path, credentials]).toEqual([
      '/staff/auth/device/refresh',
      [{ type: 'cookie', name, attributes }],
    ]);
    const challenge = challengeOf(await agent.send(path));
    expect((await agent.send(path, agent.proof(challenge))).status).toBe(200);
    expect((await client.get('/office')).status).toBe(200);
    expect((await client.post('/staff/auth/refresh')).status).toBe(403);
    expect((await client.post('/auth/refresh')).status).toBe(200);
    expect((await client.post('/auth/device/refresh')).status).toBe(404);
  });

  // T-s465
  it('ending all sessions in one instance keeps those of the same user in the other', async () => {
    const [shop, staff] = [await signIn('/auth'), await signIn('/staff/auth')];
    await app.app.get(Dismissal).staff.revokeUser(userId);
    expect(await statusOf('/office', staff.accessToken)).toBe(401);
    expect(await statusOf('/shop', shop.accessToken)).toBe(200);
    expect(
      (await app.client().post('/auth/refresh', { refreshToken: shop.refreshToken })).status,
    ).toBe(200);
  });
});

describe('guards and names', () => {
  const running: HostApp[] = [];
  afterAll(async () => {
    for (const each of running) await each.close();
  });

  it('a global guard leaves the routes of @AuthInstance to the guard of that instance', async () => {
    @Controller('desk')
    @AuthInstance('staff')
    class Desk {
      @Get()
      who(@CurrentUser('id') id: string) {
        return { id };
      }
    }
    @Module({
      imports: [AuthTestingModule.forRoot(), AuthTestingModule.forRoot({ name: 'staff' })],
      controllers: [Shop, Desk],
      providers: [{ provide: APP_GUARD, useClass: JwtAuthGuard }],
    })
    class Host {}
    const host = await startHost(Host);
    running.push(host);
    const customer = await actAs(host.app, { id: 'c' });
    const staff = await actAs(host.app, { id: 's' }, 'staff');
    const status = async (path: string, headers = {}) =>
      (await host.client().get(path, { headers })).status;
    expect(await status('/desk', staff.headers)).toBe(200);
    expect(await status('/desk', customer.headers)).toBe(401);
    expect(await status('/desk')).toBe(401);
    expect(await status('/shop', customer.headers)).toBe(200);
    expect(await status('/shop', staff.headers)).toBe(401);
    expect(await status('/staff/auth/me', staff.headers)).toBe(200);
    expect(await status('/staff/auth/me', customer.headers)).toBe(401);
    expect(await status('/staff/auth/me')).toBe(401);
  });

  it('a guard of an unknown instance stops the boot, and so does an unnamed guard if all instances have names', async () => {
    for (const guard of [JwtAuthGuard.for('nobody'), JwtAuthGuard]) {
      @Controller('lost')
      @UseGuards(guard)
      class Lost {}
      @Module({ imports: [AuthTestingModule.forRoot({ name: 'staff' })], controllers: [Lost] })
      class Host {}
      await expect(startHost(Host)).rejects.toThrow(/can't resolve dependencies/);
    }
  });

  it.each(['Staff', 'a b', 'default', '', '../x'])('refuses the name %j', (name) => {
    expect(() => AuthTestingModule.forRoot({ name })).toThrow(/name/);
  });
});
