import { Controller, Get, Injectable, Module, UseGuards } from '@nestjs/common';
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
});
