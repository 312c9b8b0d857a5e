import { Controller, Get, Injectable, Module, Scope, UseGuards } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AuthModule,
  type AuthModuleOptions,
  type AuthOptionsFactory,
  CurrentUser,
  JwtAuthGuard,
  PasswordHasher,
  type Principal,
} from '@tokenward/nestjs';
import {
  hostDatabase,
  type HostApp,
  type HostDatabase,
  hostOptions,
  people,
  startHost,
} from './support/host-app.js';

const OPTIONS = Symbol('OPTIONS');
const PASSWORD = 'a long enough passphrase';

@Controller()
class Things {
  @Get('things')
  @UseGuards(JwtAuthGuard)
  mine(@CurrentUser('id') id: string) {
    return { id };
  }
}

describe('AuthModule in a host', () => {
  let database: HostDatabase;
  let options: AuthModuleOptions;
  const running: HostApp[] = [];
  const start = async (...args: Parameters<typeof startHost>): Promise<HostApp> => {
    const app = await startHost(...args);
    running.push(app);
    return app;
  };

  beforeAll(async () => {
    database = await hostDatabase();
    options = hostOptions(database);
  });
  afterEach(async () => {
    for (const app of running.splice(0)) await app.close();
  });
  afterAll(() => database.drop());

  async function addPerson(app: HostApp, mail: string): Promise<string> {
    const secret = await app.app.get(PasswordHasher, { strict: false }).hash(PASSWORD);
    const [person] = await database.db
      .insert(people)
      .values({ mail, secret, kind: 'member', grants: ['read'] })
      .returning();
    return person?.ref ?? '';
  }

  async function signInAndUse(app: HostApp, mail: string): Promise<void> {
    const id = await addPerson(app, mail);
    const client = app.client();
    expect((await client.get('/things')).status).toBe(401);
    expect((await client.post('/auth/login', { email: mail, password: PASSWORD })).status).toBe(
      200,
    );
    expect((await client.get('/things')).json()).toEqual({ id });
    expect((await client.get('/auth/me')).json()).toMatchObject({
      id,
      role: 'member',
      permissions: ['read'],
    });
  }

  // T-xkvt
  it.each(['express', 'fastify'] as const)('forRoot, guards one by one, on %s', async (adapter) => {
    @Module({ imports: [AuthModule.forRoot({ ...options })], controllers: [Things] })
    class Host {}
    await signInAndUse(await start(Host, adapter), `root-${adapter}@example.com`);
  });

  // T-csb6
  it('forRootAsync with useFactory, imports and inject; isGlobal', async () => {
    @Module({ providers: [{ provide: OPTIONS, useValue: options }], exports: [OPTIONS] })
    class Settings {}
    @Module({ controllers: [Things] })
    class Feature {}
    @Module({
      imports: [
        AuthModule.forRootAsync({
          isGlobal: true,
          imports: [Settings],
          inject: [OPTIONS],
          useFactory: (given: AuthModuleOptions) => Promise.resolve(given),
        }),
        Feature,
      ],
    })
    class Host {}
    await signInAndUse(await start(Host), 'factory@example.com');
  });

  // T-97tp
  it('forRootAsync with useClass and useExisting', async () => {
    @Injectable()
    class Factory implements AuthOptionsFactory {
      createAuthOptions(): AuthModuleOptions {
        return options;
      }
    }
    @Module({ imports: [AuthModule.forRootAsync({ useClass: Factory })], controllers: [Things] })
    class ByClass {}
    await signInAndUse(await start(ByClass), 'class@example.com');

    @Module({ providers: [Factory], exports: [Factory] })
    class Settings {}
    @Module({
      imports: [AuthModule.forRootAsync({ imports: [Settings], useExisting: Factory })],
      controllers: [Things],
    })
    class ByExisting {}
    await signInAndUse(await start(ByExisting), 'existing@example.com');
  });

  it('routes: another prefix also moves the refresh cookie, and a route that is off is 404', async () => {
    @Module({
      imports: [
        AuthModule.forRootAsync({
          useFactory: () => options,
          routes: { prefix: 'api/session', logoutAll: false, jwks: false },
        }),
      ],
    })
    class Host {}
    const app = await start(Host);
    await addPerson(app, 'prefix@example.com');
    const client = app.client();
    const answer = await client.post('/api/session/login', {
      email: 'prefix@example.com',
      password: PASSWORD,
    });
    expect(answer.setCookies.find((line) => line.startsWith('refresh_token='))).toContain(
      '; Path=/api/session;',
    );
    expect((await client.post('/api/session/refresh')).status).toBe(200);
    expect((await client.post('/api/session/logout-all')).status).toBe(404);
    expect((await client.post('/api/session/register', {})).status).toBe(404);
    expect((await client.get('/.well-known/jwks.json')).status).toBe(404);
    expect((await client.post('/auth/login', {})).status).toBe(404);
  });

  // T-3dsc
  it('two modules with different keys in one process do not disturb each other', async () => {
    @Controller('customers')
    @UseGuards(JwtAuthGuard)
    class Customers {
      @Get()
      who(@CurrentUser() { keyId }: Principal) {
        return { keyId };
      }
    }
    @Controller('staff')
    @UseGuards(JwtAuthGuard)
    class Staff {
      @Get()
      who(@CurrentUser() { keyId }: Principal) {
        return { keyId };
      }
    }
    @Module({
      imports: [
        AuthModule.forRoot({
          ...hostOptions(database, { issuer: 'https://customers' }),
          routes: { prefix: 'customers/auth', jwks: false },
        }),
      ],
      controllers: [Customers],
    })
    class CustomerSide {}
    @Module({
      imports: [
        AuthModule.forRoot({
          ...hostOptions(database, { issuer: 'https://staff' }),
          routes: { prefix: 'staff/auth', jwks: false },
        }),
      ],
      controllers: [Staff],
    })
    class StaffSide {}
    @Module({ imports: [CustomerSide, StaffSide] })
    class Host {}
    const app = await start(Host);
    await addPerson(app, 'both@example.com');
    const token = async (side: string): Promise<string> =>
      (
        await app.client().post(`/${side}/auth/login`, {
          email: 'both@example.com',
          password: PASSWORD,
          transport: 'bearer',
        })
      ).json<{ accessToken: string }>().accessToken;
    const [customer, staff] = [await token('customers'), await token('staff')];
    const ask = async (side: string, bearer: string): Promise<number> =>
      (await app.client().get(`/${side}`, { headers: { authorization: `Bearer ${bearer}` } }))
        .status;
    expect([await ask('customers', customer), await ask('staff', staff)]).toEqual([200, 200]);
    expect([await ask('customers', staff), await ask('staff', customer)]).toEqual([401, 401]);
  });

  it.each<[string, Partial<AuthModuleOptions>, RegExp]>([
    ['an access token of more than an hour', { accessToken: { ttl: '61m' } }, /accessToken\.ttl/],
    [
      // T-kkkr
      'a clock tolerance of more than 300 s',
      { accessToken: { clockTolerance: '301s' } },
      /accessToken\.clockTolerance/,
    ],
    [
      'a leeway of more than 60 s',
      { refreshToken: { reuseLeeway: '61s' } },
      /refreshToken\.reuseLeeway/,
    ],
    [
      'a short pepper',
      { refreshToken: { secrets: ['a:c2hvcnQ'] } },
      /refreshToken\.secrets\[0\].*32 bytes/,
    ],
    [
      '__Host- with a domain',
      { cookies: { prefix: '__Host-', domain: 'example.com' } },
      /cookies\.domain/,
    ],
    [
      'a prefix without Secure',
      { cookies: { prefix: '__Secure-', secure: false } },
      /cookies\.prefix/,
    ],
    [
      'SameSite=None without Secure',
      { cookies: { sameSite: 'none', secure: false } },
      /cookies\.sameSite/,
    ],
    ['any origin trusted', { origins: { trustedOrigins: ['*'] } }, /origins\.trustedOrigins/],
    [
      'an origin with a path',
      { origins: { trustedOrigins: ['https://a.example/app'] } },
      /origins\.trustedOrigins/,
    ],
    ['no issuer', { issuer: '' }, /issuer/],
    ['no audience', { audience: [] }, /audience/],
    [
      'an HMAC secret shorter than its hash',
      { keys: { algorithm: 'HS512', secret: Buffer.alloc(63, 7) } },
      /keys\.secret/,
    ],
    ['no storage', { storage: undefined as never }, /storage/],
  ])(
    'refuses to start with %s, in one line that names the option',
    async (_name, changes, problem) => {
      const bad = { ...options, ...changes };
      @Module({ imports: [AuthModule.forRoot(bad)] })
      class Host {}
      const error = await startHost(Host).then(
        async (app) => (await app.close(), new Error('it started')),
        (each: unknown) => each as Error,
      );
      expect(error.message).toMatch(problem);
      expect(error.message).not.toContain('\n');
    },
  );

  // each request would have keys and a view of revocations of its own, and no route would be looked at
  // T-v9dr
  it.each(['useFactory', 'useExisting', 'a service that verifies'])(
    'refuses to start with options of request scope, given by %s',
    async (way) => {
      @Injectable({ scope: Scope.REQUEST })
      class OfTheRequest implements AuthOptionsFactory {
        createAuthOptions(): AuthModuleOptions {
          return options;
        }
      }
      @Module({ providers: [OfTheRequest], exports: [OfTheRequest] })
      class Settings {}
      const imports = [Settings];
      const made = (of: OfTheRequest) => of.createAuthOptions();
      const jwks = { url: 'https://host.example/.well-known/jwks.json' };
      const verifying = () => ({ issuer: 'https://host.example', audience: 'host', jwks });
      const auth =
        way === 'useExisting'
          ? AuthModule.forRootAsync({ imports, useExisting: OfTheRequest })
          : way === 'useFactory'
            ? AuthModule.forRootAsync({ imports, inject: [OfTheRequest], useFactory: made })
            : AuthModule.forResourceServerAsync({
                imports,
                inject: [OfTheRequest],
                useFactory: verifying,
              });
      @Module({ imports: [auth], controllers: [Things] })
      class Host {}
      const starting = start(Host).then(() => 'started');
      await expect(starting).rejects.toThrow(/options: are made once.*request scope/);
    },
  );
});
