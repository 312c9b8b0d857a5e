import { once } from 'node:events';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Scope,
  SetMetadata,
  Sse,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { Query, Resolver, Subscription } from '@nestjs/graphql';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import {
  AnyOf,
  OptionalAuth,
  Permissions,
  Public,
  NoActor,
  RecentAuth,
  Roles,
  StrictRevocation,
} from './decorators.js';
import { heldRoutes } from '../../../../../test/support/held-routes.js';
import { type AppParts, startApp } from '../http/http-app.fixture.js';
import { principal } from '../http/samples.fixture.js';
import { setPrincipal } from './call-context.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { PermissionsGuard } from './permissions.guard.js';
import { RecentAuthGuard } from './recent-auth.guard.js';
import { INSTANCE } from './route-metadata.js';
import { RolesGuard } from './roles.guard.js';
import { boot, globally, host } from './held-routes.fixture.js';

/** Guards as hosts write them. */
@Injectable()
class HostGuard extends JwtAuthGuard {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    return super.canActivate(context);
  }
}
@Injectable({ scope: Scope.REQUEST })
class ScopedGuard extends JwtAuthGuard {}
@Injectable()
class StrangeGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

const useLater: AppParts['prepare'] = (app) => app.useGlobalGuards(app.get(JwtAuthGuard));

describe.each<[string, Type | undefined, AppParts]>([
  ['@UseGuards(JwtAuthGuard)', JwtAuthGuard, {}],
  ['@UseGuards of a guard that extends it', HostGuard, {}],
  ['APP_GUARD', undefined, { providers: globally({ useExisting: JwtAuthGuard }) }],
  [
    'APP_GUARD of a class that extends it',
    undefined,
    { providers: globally({ useClass: HostGuard }) },
  ],
  ['APP_GUARD in request scope', undefined, { providers: globally({ useClass: ScopedGuard }) }],
  ['useGlobalGuards', undefined, { prepare: useLater }],
])('a requirement under %s', (_, guard, parts) => {
  // T-fn2d
  it('is enforced wherever it is declared: on class, handler, or what they extend and override', async () => {
    const rows = heldRoutes();
    for (const [index, [, routeClass]] of rows.entries()) {
      Controller(`r${String(index)}`)(routeClass);
      if (guard) UseGuards(guard)(routeClass);
    }
    const host = await startApp('express', { ...parts, controllers: rows.map(([, each]) => each) });
    const statuses = (index: number) =>
      Promise.all(
        [undefined, 'good', 'admin'].map(async (token) => {
          const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
          return (await host.call('GET', `/r${String(index)}`, { headers })).status;
        }),
      );
    const seen = await Promise.all(
      rows.map(async ([name], index) => [name, await statuses(index)]),
    );
    await host.app.close();
    expect(seen).toEqual(rows.map(([name, , expected]) => [name, expected]));
  });
});

const TRANSPORTS: [string, ClassDecorator, MethodDecorator][] = [
  ['an HTTP route', Controller('held'), Get()],
  ['server-sent events', Controller('held'), Sse()],
  ['a message pattern', Controller(), MessagePattern('held')],
  ['an event pattern', Controller(), EventPattern('held') as MethodDecorator],
  ['a gateway', WebSocketGateway({ path: '/held' }), SubscribeMessage('held')],
  ['a query', Resolver(), Query(() => String) as MethodDecorator],
  ['a subscription', Resolver(), Subscription(() => String) as MethodDecorator],
];

describe.each(TRANSPORTS)('%s', (_, of, route) => {
  // T-ntb8
  it.each<[string, MethodDecorator]>([
    ['@Roles', Roles('admin')],
    ['@Permissions', Permissions('write')],
    ['@RecentAuth', RecentAuth('5m')],
    ['@NoActor', NoActor()],
    ['@StrictRevocation', StrictRevocation()],
    ['@AnyOf', AnyOf(Roles('admin'), Permissions('write'))],
    ['@OptionalAuth', OptionalAuth()],
  ])(
    'with %s and no guard stops the boot, which names it and the cure',
    async (decorator, said) => {
      const message = await boot(host(of, route, said));
      expect(message).toContain(
        `Host.handle: asks for ${decorator}, and no guard of Tokenward stands in front of it`,
      );
      expect(message).toContain('@UseGuards(JwtAuthGuard)');
      expect(message).not.toContain('\n');
    },
  );

  it.each<[string, MethodDecorator | undefined, AppParts]>([
    ['no guard', undefined, {}],
    ['a guard that is not ours', UseGuards(StrangeGuard), {}],
    ['the guard of another requirement', UseGuards(PermissionsGuard, RecentAuthGuard), {}],
    [
      'a global guard that is not ours',
      undefined,
      { providers: globally({ useClass: StrangeGuard }) },
    ],
  ])('and %s in front stops the boot', async (_name, guard, parts) => {
    expect(await boot(host(of, route, Roles('admin'), guard), parts)).toContain('asks for @Roles');
  });

  it.each<[string, MethodDecorator | undefined, AppParts]>([
    ['JwtAuthGuard', UseGuards(JwtAuthGuard), {}],
    ['a guard that extends it', UseGuards(HostGuard), {}],
    [
      'the guard of the requirement, behind one of the host',
      UseGuards(StrangeGuard, RolesGuard),
      {},
    ],
    ['APP_GUARD', undefined, { providers: globally({ useExisting: JwtAuthGuard }) }],
    ['APP_GUARD in request scope', undefined, { providers: globally({ useClass: ScopedGuard }) }],
    ['useGlobalGuards', undefined, { prepare: useLater }],
  ])('and %s in front boots', async (_name, guard, parts) => {
    expect(await boot(host(of, route, Roles('admin'), guard), parts)).toBe('boots');
  });

  it('that is public and asks for a role stops the boot', async () => {
    const message = await boot(host(of, route, Public(), Roles('admin'), UseGuards(JwtAuthGuard)));
    expect(message).toContain('Host.handle: is @Public() and asks for @Roles');
  });

  it.each<[string, MethodDecorator, string]>([
    ['public and takes nobody', Public(), 'is @Public() and asks for @OptionalAuth'],
    ['asks for a role and takes nobody', Roles('admin'), 'is @OptionalAuth() and asks for @Roles'],
  ])('that is %s stops the boot', async (_name, said, expected) => {
    const message = await boot(host(of, route, OptionalAuth(), said, UseGuards(JwtAuthGuard)));
    expect(message).toContain(`Host.handle: ${expected}`);
  });

  it('that belongs to another instance without its guard stops the boot', async () => {
    const said = SetMetadata(INSTANCE, 'staff') as MethodDecorator;
    expect(await boot(host(of, route, Roles('admin'), said, UseGuards(JwtAuthGuard)))).toContain(
      "of the instance 'staff'",
    );
  });
});

// Nest 11 behaves like this
describe('a gateway message, for which Nest does not call the global guard', () => {
  /** Counted as a Tokenward guard, but never called. */
  @Injectable()
  class SkippedGuard extends JwtAuthGuard {
    override canActivate(): boolean {
      return true;
    }
  }

  it.each<[string, MethodDecorator[], string]>([
    ['that asks for a role is 401, also for who has it', [Roles('admin')], 'authentication_failed'],
    ['whose own guard holds the role is let in', [Roles('admin'), UseGuards(RolesGuard)], 'in'],
    ['that asks for nothing is open', [], 'in'],
  ])('%s', async (_name, said, expected) => {
    const Gateway = host(WebSocketGateway({ path: '/held' }), SubscribeMessage('held'), ...said);
    const handleConnection = (client: object): void =>
      setPrincipal(client, principal({ role: 'admin' }));
    Object.assign(Gateway.prototype as object, { handleConnection });
    const { app } = await startApp('express', {
      providers: [Gateway, ...globally({ useClass: SkippedGuard })],
      prepare: (each) => each.useWebSocketAdapter(new WsAdapter(each)),
    });
    const socket = new WebSocket(`${(await app.getUrl()).replace('http', 'ws')}/held`);
    await once(socket, 'open');
    socket.send(JSON.stringify({ event: 'held', data: 1 }));
    const [answer] = (await once(socket, 'message')) as [Buffer];
    expect(String(answer)).toContain(expected);
    socket.close();
    await app.close();
  });
});
