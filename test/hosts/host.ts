// Typical hosts. To add one, add a row to the table of its kind (filters.e2e.ts, interceptors.e2e.ts …):
//   { name: 'what is unusual about it', ...a HostKind }
// Every row is started on both adapters and must give the answers that the table expects. A new kind gets its own file
// beside these, with `eachHost` around its expectations.
import {
  Controller,
  Get,
  type INestApplication,
  Module,
  type NestInterceptor,
  type Provider,
  UseGuards,
} from '@nestjs/common';
import type { ExceptionFilter, ModuleMetadata, PipeTransform } from '@nestjs/common';
import type { NestApplicationOptions } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe } from '@jest/globals';
import {
  AuthModule,
  type AuthModuleOptions,
  AuthService,
  CurrentUser,
  JwtAuthGuard,
  PasswordHasher,
  Public,
  Roles,
  RolesGuard,
} from '@tokenward/nestjs';
import { hostDatabase, type HostDatabase, hostOptions, people } from '../support/host-app.js';
import { httpClient, type HttpClient } from '../support/http.js';
import { ADAPTERS, type Adapter, bearer, PASSWORD } from '../support/stage.js';

/** The differences of a host from the plain one. All are optional. */
export interface HostKind {
  readonly name: string;
  /** Default both. */
  readonly adapters?: readonly Adapter[];
  readonly options?: Partial<AuthModuleOptions>;
  /** Options of the application, such as `bodyParser`. */
  readonly create?: NestApplicationOptions;
  /** Options of the Fastify adapter. */
  readonly fastify?: ConstructorParameters<typeof FastifyAdapter>[0];
  /** Modules imported after `AuthModule`. */
  readonly imports?: ModuleMetadata['imports'];
  readonly controllers?: ModuleMetadata['controllers'];
  readonly providers?: readonly Provider[];
  /** Replaces `JwtAuthGuard`, then `RolesGuard`, as `APP_GUARD`. */
  readonly guards?: readonly Provider[];
  /** Global providers: `APP_…` of the root module. */
  readonly filter?: new (...parts: never[]) => ExceptionFilter;
  readonly interceptor?: new (...parts: never[]) => NestInterceptor;
  readonly pipe?: PipeTransform;
  /** Called before it listens, for `useGlobalFilters`, middleware or a prefix. */
  readonly prepare?: (app: INestApplication, adapter: Adapter) => void | Promise<void>;
}

/** The host's own routes. */
@Controller()
class Things {
  @Get('things')
  list(@CurrentUser('id') owner: string) {
    return [{ owner }];
  }

  @Get('plain')
  plain() {
    return [];
  }

  @Roles('keeper')
  @UseGuards(JwtAuthGuard) // some hosts have no global guard, and the role would not be enforced
  @Get('kept')
  kept() {
    return [];
  }

  @Public()
  @Get('open')
  open() {
    return { open: true };
  }
}

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

export interface RunningHost {
  readonly app: INestApplication;
  readonly adapter: Adapter;
  readonly url: string;
  readonly database: HostDatabase;
  client(): HttpClient;
  /** A user with a password, not signed in. */
  person(changes?: { readonly kind?: string; readonly locked?: boolean }): Promise<Person>;
  /** The request headers of a user whom the host signed in. */
  caller(
    kind?: string,
  ): Promise<{ readonly id: string; readonly headers: { authorization: string } }>;
  close(): Promise<void>;
}

const GUARDS: readonly Provider[] = [
  { provide: APP_GUARD, useExisting: JwtAuthGuard },
  { provide: APP_GUARD, useClass: RolesGuard },
];

async function startHostKind(
  database: HostDatabase,
  kind: HostKind,
  adapter: Adapter,
): Promise<RunningHost> {
  const { options, imports = [], controllers = [], providers = [], guards = GUARDS } = kind;
  @Module({
    imports: [
      AuthModule.forRoot({ ...hostOptions(database, options), isGlobal: true }),
      ...imports,
    ],
    controllers: [Things, ...controllers],
    providers: [
      ...guards,
      ...(kind.filter ? [{ provide: APP_FILTER, useClass: kind.filter }] : []),
      ...(kind.interceptor ? [{ provide: APP_INTERCEPTOR, useClass: kind.interceptor }] : []),
      ...(kind.pipe ? [{ provide: APP_PIPE, useValue: kind.pipe }] : []),
      ...providers,
    ],
  })
  class HostModule {}
  const create = { logger: false as const, abortOnError: false, ...kind.create };
  const app =
    adapter === 'fastify'
      ? await NestFactory.create(HostModule, new FastifyAdapter(kind.fastify), create)
      : await NestFactory.create<INestApplication>(HostModule, create);
  await kind.prepare?.(app, adapter);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const hash = await app.get(PasswordHasher, { strict: false }).hash(PASSWORD);

  const person: RunningHost['person'] = async (changes = {}) => {
    const mail = `${crypto.randomUUID()}@people.test`;
    const row = { mail, secret: hash, kind: 'member', ...changes };
    const [added] = await database.db.insert(people).values(row).returning();
    return { id: added?.ref ?? '', email: mail, password: PASSWORD };
  };
  return {
    app,
    adapter,
    url,
    database,
    person,
    client: () => httpClient(url),
    async caller(role = 'member') {
      const { id } = await person({ kind: role });
      const session = await app
        .get(AuthService, { strict: false })
        .openSession(id, { transport: 'bearer', secondFactor: 'satisfied' });
      return { id, headers: bearer(session.grant.accessToken).headers };
    },
    close: () => app.close(),
  };
}

/** Starts each kind on its adapters, one after the other, and runs the tests of `expectations` against it. */
export function eachHost(
  kinds: readonly HostKind[],
  expectations: (host: () => RunningHost) => void,
): void {
  let database: HostDatabase;
  beforeAll(async () => {
    database = await hostDatabase();
  }, 60_000);
  afterAll(() => database.drop());

  for (const kind of kinds)
    for (const adapter of kind.adapters ?? ADAPTERS)
      describe(`${kind.name}, on ${adapter}`, () => {
        let running: RunningHost;
        beforeAll(async () => {
          running = await startHostKind(database, kind, adapter);
        }, 60_000);
        afterAll(() => running?.close());
        expectations(() => running);
      });
}
