import {
  Controller,
  type ExecutionContext,
  Get,
  HttpException,
  Inject,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  Scope,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD, REQUEST } from '@nestjs/core';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { afterEach, describe, expect, it } from '@jest/globals';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import type { Principal } from '../common/principal.js';
import {
  CurrentUser,
  Public,
  RecentAuth,
  Roles,
  StrictRevocation,
} from '../verify/guards/decorators.js';
import { ADAPTERS, type AppParts, startApp } from '../verify/http/http-app.fixture.js';
import { FakeAuthenticateFlow } from '../verify/http/fake-authenticate.fixture.js';
import { principal } from '../verify/http/samples.fixture.js';
import type { TestApp } from '../verify/http/test-app.fixture.js';
import { TokenwardPassportModule } from './passport.module.js';

/** The strategy of the Nest documentation. */
@Injectable()
class HostGuard extends AuthGuard('jwt') {
  override canActivate(context: ExecutionContext) {
    return super.canActivate(context);
  }
}
@Injectable({ scope: Scope.REQUEST })
class ScopedGuard extends AuthGuard('jwt') {
  constructor(@Inject(REQUEST) readonly request: object) {
    super();
  }
}
/** Maps the user, and lets callers without a token in. */
@Injectable()
class OptionalGuard extends AuthGuard('jwt') {
  override handleRequest<User>(_error: unknown, user: Principal | false): User {
    return (user ? { mapped: user.id } : { mapped: 'nobody' }) as User;
  }
}
@Injectable()
class TellingGuard extends AuthGuard('jwt') {
  override handleRequest<User>(error: unknown, user: User | false): User {
    if (error || !user) throw new HttpException('mine', 418);
    return user;
  }
}

const apps: TestApp[] = [];
afterEach(async () => {
  for (const { app } of apps.splice(0)) await app.close();
});
async function start(adapter: (typeof ADAPTERS)[number], parts: AppParts): Promise<TestApp> {
  const started = await startApp(adapter, {
    imports: [TokenwardPassportModule.forRoot()],
    ...parts,
  });
  apps.push(started);
  return started;
}

function routes(path: string, guard?: Type, scope?: Scope): Type {
  class Routes {
    @Get('me')
    me(@CurrentUser('id') id: string): string {
      return id;
    }
    @Get('user')
    user(): string {
      return 'in';
    }
    @Public()
    @Get('open')
    open(@CurrentUser() user?: Principal): string {
      return user ? user.id : 'nobody';
    }
    @Roles('admin')
    @Get('admin')
    admin(): string {
      return 'admin';
    }
    @RecentAuth(1)
    @Get('recent')
    recent(): string {
      return 'recent';
    }
    @StrictRevocation()
    @Get('strict')
    strict(): string {
      return 'strict';
    }
  }
  if (guard) UseGuards(guard)(Routes);
  Controller({ path, scope })(Routes);
  return Routes;
}

const bearer = (token?: string) => ({
  headers: (token ? { authorization: `Bearer ${token}` } : {}) as Record<string, string>,
});

describe.each(ADAPTERS)("a route under AuthGuard('jwt') on %s", (adapter) => {
  it.each<[string, Type | undefined, Partial<AppParts>, Scope]>([
    ["@UseGuards(AuthGuard('jwt'))", AuthGuard('jwt'), {}, Scope.DEFAULT],
    ['a guard that extends it', HostGuard, {}, Scope.DEFAULT],
    ['a guard in request scope', ScopedGuard, {}, Scope.DEFAULT],
    ['a controller in request scope', AuthGuard('jwt'), {}, Scope.REQUEST],
    [
      'APP_GUARD',
      undefined,
      { providers: [{ provide: APP_GUARD, useClass: AuthGuard('jwt') }] },
      Scope.DEFAULT,
    ],
    [
      'the PassportModule of the host beside it',
      AuthGuard('jwt'),
      {
        imports: [PassportModule.register({ session: false }), TokenwardPassportModule.forRoot()],
      },
      Scope.DEFAULT,
    ],
  ])('answers as under JwtAuthGuard: %s', async (_, guard, parts, scope) => {
    const authenticate = new FakeAuthenticateFlow();
    const { call } = await start(adapter, {
      ...parts,
      authenticate,
      controllers: [routes('r', guard, scope)],
    }).then((app) => ({
      call: async (path: string, token?: string) => app.call('GET', `/r/${path}`, bearer(token)),
    }));
    expect((await call('me', 'good')).text).toBe('u1');
    expect((await call('me', 'slow')).text).toBe('u1');
    const none = await call('me');
    expect([none.status, none.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    const refused = await call('me', 'forged');
    expect([refused.text, refused.headers['www-authenticate']]).toEqual([
      none.text,
      'Bearer error="invalid_token"',
    ]);
    for (const token of ['down', 'slowly-down']) {
      const down = await call('me', token);
      expect([down.status, down.headers['retry-after']]).toEqual([503, '1']);
    }
    expect((await call('open')).text).toBe('nobody');
    expect((await call('admin', 'good')).status).toBe(403);
    expect((await call('admin', 'admin')).text).toBe('admin');
    expect((await call('recent', 'good')).headers['www-authenticate']).toContain('max_age="1"');
    authenticate.revocationModes.length = 0;
    await call('strict', 'good');
    expect(authenticate.revocationModes).toEqual(['strict']);
  });

  it('calls the host’s handleRequest, which may let callers in without a token but does not lift a requirement', async () => {
    const app = await start(adapter, {
      controllers: [routes('o', OptionalGuard), routes('t', TellingGuard)],
    });
    const ask = async (path: string, token?: string) =>
      (await app.call('GET', path, bearer(token))).status;
    expect(await ask('/o/user')).toBe(200);
    expect(await ask('/o/user', 'forged')).toBe(200);
    expect(await ask('/o/admin')).toBe(401);
    expect(await ask('/o/admin', 'good')).toBe(403);
    expect(await ask('/t/user', 'forged')).toBe(418);
    expect(await ask('/t/user', 'good')).toBe(200);
  });

  // T-p94j
  it('is judged by its own application, however many are in the process', async () => {
    const known = (id: string) => {
      const authenticate = new FakeAuthenticateFlow();
      authenticate.known = { [id]: principal({ id }) };
      return { authenticate, controllers: [Shared, Several] };
    };
    @Controller('other')
    @UseGuards(AuthGuard(['jwt', 'jwt']))
    class Several {
      @Get('user')
      user(): string {
        return 'in';
      }
    }
    const Shared = routes('r', AuthGuard('jwt'));
    const one = await start(adapter, known('one'));
    const two = await start(adapter, known('two'));
    for (const path of ['/r/me', '/other/user'])
      for (const [app, token, status] of [
        [one, 'one', 200],
        [one, 'two', 401],
        [two, 'one', 401],
        [two, 'two', 200],
      ] as const)
        expect((await app.call('GET', path, bearer(token))).status).toBe(status);
    await two.app.close();
    expect((await one.call('GET', '/r/me', bearer('one'))).text).toBe('one');
  });
});

describe('passport itself', () => {
  it('finds the strategy by its name: as middleware, and as the default of AuthGuard()', async () => {
    @Controller()
    class Routes {
      @Get('middleware')
      behind(): string {
        return 'in';
      }
      @Get('default')
      @UseGuards(AuthGuard())
      byDefault(@CurrentUser('id') id: string): string {
        return id;
      }
    }
    @Module({
      imports: [PassportModule.register({ defaultStrategy: 'jwt' })],
      controllers: [Routes],
    })
    class Feature implements NestModule {
      configure(consumer: MiddlewareConsumer): void {
        const middleware = passport.authenticate('jwt', { session: false }) as () => void;
        consumer.apply(middleware).forRoutes('middleware');
      }
    }
    const app = await start('express', { imports: [TokenwardPassportModule.forRoot(), Feature] });
    const refused = await app.call('GET', '/middleware', bearer('forged'));
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([
      401,
      'Bearer error="invalid_token"',
    ]);
    expect((await app.call('GET', '/middleware', bearer('good'))).text).toBe('in');
    expect((await app.call('GET', '/default', bearer('good'))).text).toBe('u1');
    expect((await app.call('GET', '/default')).headers['www-authenticate']).toBe('Bearer');
  });
});

describe('the boot stops', () => {
  class OtherStrategy extends PassportStrategy(Strategy) {
    constructor() {
      super({ jwtFromRequest: () => null, secretOrKey: 'not ours' });
    }
    validate(): boolean {
      return true;
    }
  }

  it.each<[string, Partial<AppParts>, string]>([
    [
      'where another strategy has the same name',
      { providers: [OtherStrategy] },
      "OtherStrategy is a strategy named 'jwt', too",
    ],
    [
      'where there is no such AuthModule',
      { imports: [TokenwardPassportModule.forRoot({ instance: 'staff' })] },
      "finds no AuthModule named 'staff'",
    ],
    [
      'for a requirement behind a strategy of another name',
      { controllers: [routes('r', AuthGuard('local'))] },
      'Routes.admin',
    ],
    [
      'for a requirement behind AuthGuard without the module',
      { imports: [], controllers: [routes('r', AuthGuard('jwt'))] },
      'Routes.admin',
    ],
  ])('%s', async (_, parts, message) => {
    await expect(start('express', parts)).rejects.toThrow(message);
  });

  it('but not under another name', async () => {
    const imports = [TokenwardPassportModule.forRoot({ strategy: 'tokenward' })];
    const controllers = [routes('r', AuthGuard('tokenward'))];
    const app = await start('express', { imports, providers: [OtherStrategy], controllers });
    expect((await app.call('GET', '/r/me', bearer('good'))).text).toBe('u1');
  });
});
