import { Controller, Module, Sse } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { ClientProxyFactory, type MicroserviceOptions, Transport } from '@nestjs/microservices';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AuthModule,
  AuthService,
  JwtAuthGuard,
  CurrentUser,
  type Principal,
} from '@tokenward/nestjs';
import { LiveConnections } from '@tokenward/nestjs/ws';
import { withAuthorization } from '@tokenward/nestjs/microservices';
import { firstValueFrom, interval, map, type Observable, startWith } from 'rxjs';
import {
  actingAs,
  caller,
  type ContextHost,
  RemoteCalls,
  startContext,
  UNAUTHENTICATED,
  FORBIDDEN,
} from './support/contexts.js';
import { hostDatabase, type HostDatabase, hostOptions } from './support/host-app.js';
import { freePort } from './support/redis-server.mjs';
import { bearer } from './support/stage.js';

const UNBOUND = { ...FORBIDDEN, message: 'Bound session required', code: 'device_required' };

@Controller()
class Streams {
  constructor(private readonly live: LiveConnections) {}

  @Sse('news')
  news(@CurrentUser() user: Principal): Observable<{ data: string }> {
    return this.live.whileLive(
      user,
      interval(50).pipe(
        startWith(0),
        map(() => ({ data: user.id })),
      ),
    );
  }
}

let database: HostDatabase;
beforeAll(async () => {
  database = await hostDatabase();
}, 60_000);
afterAll(() => database.drop());

describe('a microservice over TCP', () => {
  let host: ContextHost;
  let tcpPort: number;
  beforeAll(async () => {
    tcpPort = await freePort();
    host = await startContext(database, {
      controllers: [RemoteCalls],
      tcpPort,
      options: { dpop: { bind: 'refresh' } },
    });
  }, 60_000);
  afterAll(() => host.close());

  const send = async (pattern: string, payload: object): Promise<unknown> => {
    const client = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: tcpPort },
    });
    try {
      return await firstValueFrom(client.send<unknown>(pattern, payload));
    } finally {
      void client.close();
    }
  };

  // T-53xw
  it('knows the caller by the token in the payload', async () => {
    const me = await caller(database, host);
    expect(await send('me', withAuthorization({ say: 'hello' }, me.token))).toEqual({
      id: me.id,
      say: 'hello',
    });
    expect(await send('open', {})).toBe(true);
  });

  it.each([
    ['no token', {}],
    ['a bad token', { authorization: 'Bearer junk' }],
    ['two', { authorization: ['Bearer a', 'Bearer b'] }],
    ['a malformed cookie', { cookie: 'access_token=x', headers: { authorization: 'Bearer x' } }],
  ])('refuses %s', async (_name, payload) => {
    await expect(send('me', payload)).rejects.toEqual(UNAUTHENTICATED);
  });

  it('lets nobody in who acts as the user where the user alone may go', async () => {
    const me = await caller(database, host, 'user');
    expect(await send('own', withAuthorization({}, me.token))).toBe('own');
    const { token } = await actingAs(database, host, me);
    expect(await send('me', withAuthorization({ say: 'hi' }, token))).toMatchObject({ id: me.id });
    await expect(send('own', withAuthorization({}, token))).rejects.toEqual(FORBIDDEN);
  });

  it('checks that the session is bound to a key', async () => {
    const [unbound, bound] = [
      await caller(database, host),
      await caller(database, host, 'member', 'k'.repeat(43)),
    ];
    expect(await send('bound', withAuthorization({}, bound.token))).toBe('dpop');
    await expect(send('bound', withAuthorization({}, unbound.token))).rejects.toEqual(UNBOUND);
  });

  it('checks roles and permissions, and refuses a revoked token', async () => {
    const member = await caller(database, host);
    await expect(send('admin', withAuthorization({}, member.token))).rejects.toEqual(FORBIDDEN);
    await expect(send('fly', withAuthorization({}, member.token))).rejects.toEqual(FORBIDDEN);
    const keeper = await caller(database, host, 'keeper');
    expect(await send('admin', withAuthorization({}, keeper.token))).toBe('keeper');
    await host.auth.revokeUser(keeper.id);
    await expect(send('admin', withAuthorization({}, keeper.token))).rejects.toEqual(
      UNAUTHENTICATED,
    );
  });
});

describe('a pure microservice over TCP', () => {
  it('boots with a requirement under APP_GUARD, and enforces it', async () => {
    const port = await freePort();
    @Module({
      imports: [AuthModule.forRoot({ ...hostOptions(database), isGlobal: true })],
      controllers: [RemoteCalls],
      providers: [{ provide: APP_GUARD, useClass: JwtAuthGuard }],
    })
    class Service {}
    const options = { host: '127.0.0.1', port };
    const service = await NestFactory.createMicroservice<MicroserviceOptions>(Service, {
      transport: Transport.TCP,
      options,
      logger: false,
      abortOnError: false,
    });
    await service.listen();
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options });
    const send = (pattern: string, payload: object) =>
      firstValueFrom(client.send<unknown>(pattern, payload));
    try {
      const me = await caller(database, { auth: service.get(AuthService, { strict: false }) });
      expect(await send('me', withAuthorization({ say: 'hi' }, me.token))).toEqual({
        id: me.id,
        say: 'hi',
      });
      expect(await send('open', {})).toBe(true);
      await expect(send('me', {})).rejects.toEqual(UNAUTHENTICATED);
      await expect(send('admin', withAuthorization({}, me.token))).rejects.toEqual(FORBIDDEN);
    } finally {
      void client.close();
      await service.close();
    }
  });
});

describe('server-sent events', () => {
  let host: ContextHost;
  beforeAll(async () => {
    host = await startContext(database, { controllers: [Streams] });
  }, 60_000);
  afterAll(() => host.close());

  it('refuses a stream without a token', async () => {
    const answer = await fetch(`${host.url}/news`);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual(UNAUTHENTICATED);
  });

  // T-r6jt
  it('ends the stream when its session ends, and keeps the others', async () => {
    const me = await caller(database, host);
    const other = await caller(database, host);
    const open = (token: string) =>
      fetch(`${host.url}/news`, { ...bearer(token), signal: AbortSignal.timeout(15_000) });
    const [mine, others] = await Promise.all([open(me.token), open(other.token)]);
    const reader = others.body?.getReader();
    await reader?.read();
    await host.auth.revokeSession(me.sessionId);
    // ends by itself, or the signal rejects it
    expect(await mine.text()).toContain(`data: ${me.id}`);
    expect((await reader?.read())?.done).toBe(false);
    expect((await fetch(`${host.url}/news`, bearer(me.token))).status).toBe(401);
    await reader?.cancel();
  });

  it('ends the stream of a user who was signed out everywhere', async () => {
    const me = await caller(database, host);
    const stream = await fetch(`${host.url}/news`, bearer(me.token));
    await host.auth.revokeUser(me.id);
    expect(await stream.text()).toContain(me.id);
  });

  it('ends with the application, which would otherwise wait for the stream', async () => {
    const stopping = await startContext(database, { controllers: [Streams] });
    const me = await caller(database, stopping);
    const signal = AbortSignal.timeout(15_000);
    const stream = await fetch(`${stopping.url}/news`, { ...bearer(me.token), signal });
    const [text] = await Promise.all([stream.text(), stopping.close()]);
    expect(text).toContain(me.id);
  });
});
