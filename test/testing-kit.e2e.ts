import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import {
  AuthModule,
  authOptionsToken,
  AuthService,
  CurrentUser,
  JwtAuthGuard,
  PasswordHasher,
  RecentAuth,
  RecentAuthGuard,
  Roles,
  RolesGuard,
  TokenVersionGuard,
} from '@tokenward/nestjs';
import {
  actAs,
  AuthTestingModule,
  ManualClock,
  memoryAuthOptions,
  memoryStorage,
} from '@tokenward/nestjs/testing';
import { httpClient } from './support/http.js';

@Controller()
@UseGuards(JwtAuthGuard, RolesGuard, RecentAuthGuard)
class Notes {
  @Get('mine')
  mine(@CurrentUser('id') id: string) {
    return { id };
  }
  @Get('admin')
  @Roles('admin')
  @UseGuards(TokenVersionGuard)
  admin() {
    return 'admin';
  }
  @Get('recent')
  @RecentAuth('5m')
  recent() {
    return 'recent';
  }
}

@Module({ controllers: [Notes] })
class Feature {}

describe('the testing kit', () => {
  let app: INestApplication;
  afterEach(() => app.close());

  async function start(builder: ReturnType<typeof Test.createTestingModule>) {
    app = (await builder.compile()).createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    return httpClient(await app.getUrl());
  }
  const statusOf = async (client: ReturnType<typeof httpClient>, path: string, headers = {}) =>
    (await client.get(path, { headers })).status;

  // T-26pq
  it('acts as a user, by header and by cookie, through every guard', async () => {
    const client = await start(
      Test.createTestingModule({ imports: [AuthTestingModule.forRoot(), Feature] }),
    );
    const admin = await actAs(app, { id: 'a1', role: 'admin' });
    const member = await actAs(app, { id: 'm1', role: 'member' });
    expect(await statusOf(client, '/mine')).toBe(401);
    expect((await client.get('/mine', { headers: member.headers })).json()).toEqual({ id: 'm1' });
    expect(await statusOf(client, '/mine', { cookie: member.cookie })).toBe(200);
    expect(await statusOf(client, '/admin', admin.headers)).toBe(200);
    expect(await statusOf(client, '/admin', member.headers)).toBe(403);
    expect(await statusOf(client, '/recent', member.headers)).toBe(200);
    await app.get(AuthService, { strict: false }).revokeUser('a1');
    expect(await statusOf(client, '/mine', admin.headers)).toBe(401);
    expect(await statusOf(client, '/mine', member.headers)).toBe(200);
  });

  // T-nztc
  it('moves time by hand: a token expires, a proof grows old', async () => {
    const clock = new ManualClock();
    const client = await start(
      Test.createTestingModule({ imports: [AuthTestingModule.forRoot({ clock }), Feature] }),
    );
    const { headers } = await actAs(app, { id: 'u' });
    clock.advance('6m');
    expect(await statusOf(client, '/mine', headers)).toBe(200);
    expect(await statusOf(client, '/recent', headers)).toBe(401);
    clock.advance('10m');
    expect(await statusOf(client, '/mine', headers)).toBe(401);
  });

  // T-h552
  it('replaces the options of an app with a database', async () => {
    @Module({
      imports: [
        AuthModule.forRootAsync({
          isGlobal: true,
          useFactory: () => Promise.reject(new Error('no database here')),
        }),
        Feature,
      ],
    })
    class App {}
    const storage = memoryStorage();
    const client = await start(
      Test.createTestingModule({ imports: [App] })
        .overrideProvider(authOptionsToken())
        .useValue(memoryAuthOptions({ storage })),
    );
    const [email, password] = ['ada@example.com', 'a quiet harbour at dawn'];
    storage.users.set({
      email,
      passwordHash: await app.get(PasswordHasher, { strict: false }).hash(password),
    });
    expect((await client.post('/auth/login', { email, password })).status).toBe(200);
    expect((await client.post('/auth/refresh')).status).toBe(200);
    expect(await statusOf(client, '/mine')).toBe(200);
    expect((await client.post('/auth/logout')).status).toBe(204);
    expect(await statusOf(client, '/mine')).toBe(401);
  });

  // T-m2rv
  it('only signs a token if the users are in another store, and writes nothing', async () => {
    const storage = memoryStorage();
    const { sessions, ledger, peppers } = storage;
    const users = memoryStorage().users;
    const client = await start(
      Test.createTestingModule({
        imports: [
          AuthTestingModule.forRoot({ storage: { sessions, ledger, peppers }, users }),
          Feature,
        ],
      }),
    );
    const { headers, refreshToken } = await actAs(app, {
      id: 'a1',
      role: 'admin',
      permissions: ['x'],
    });
    expect(refreshToken).toBeUndefined();
    expect(await statusOf(client, '/mine', headers)).toBe(200);
    expect(await statusOf(client, '/admin', headers)).toBe(401);
    expect(await sessions.list('a1')).toEqual([]);
  });
});
