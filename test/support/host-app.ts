import {
  Controller,
  type DynamicModule,
  Get,
  type INestApplication,
  Module,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  AuthModule,
  type AuthModuleOptions,
  AuthService,
  CurrentUser,
  JwtAuthGuard,
  PasswordHasher,
  type Principal,
} from '@tokenward/nestjs';
import {
  drizzleStorage,
  type DrizzleStorageOptions,
  migrateAuth,
  type UserColumns,
} from '@tokenward/nestjs/drizzle';
import { drizzle } from 'drizzle-orm/node-postgres';
import { boolean, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createDatabase, type TestDatabase, testPool } from './databases.js';
import { httpClient } from './http.js';

/** A users table that is very different from the demo's. */
export const people = pgTable('people', {
  ref: uuid('person_ref').primaryKey().defaultRandom(),
  mail: text('mail').notNull().unique(),
  secret: text('pw'),
  kind: text('kind'),
  grants: text('grants').array(),
  locked: boolean('locked'),
});

export const PEOPLE: UserColumns = {
  table: people,
  id: people.ref,
  email: people.mail,
  passwordHash: people.secret,
  role: people.kind,
  permissions: people.grants,
  disabled: people.locked,
};

/** The default, two seconds, is 503 on a machine that is busy; tests of slow stores set their own. */
export const PATIENT = '20s';

/** An empty, migrated database with that table, for hosts that a spec builds. */
export async function hostDatabase(given?: Pick<TestDatabase, 'url' | 'drop'>) {
  const database = given ?? (await createDatabase());
  const pool = testPool({ connectionString: database.url, max: 8 });
  const db = drizzle(pool);
  await migrateAuth(db);
  await pool.query(
    'create table people (person_ref uuid primary key default gen_random_uuid(), mail text not null unique, pw text, kind text, grants text[], locked boolean)',
  );
  return {
    url: database.url,
    pool,
    db,
    storage: (deadline: DrizzleStorageOptions['deadline'] = PATIENT) =>
      drizzleStorage(db, { users: PEOPLE, deadline }),
    drop: async () => {
      await pool.end();
      await database.drop();
    },
  };
}

export type HostDatabase = Awaited<ReturnType<typeof hostDatabase>>;

export function hostOptions(
  database: Pick<HostDatabase, 'storage'>,
  changes: Partial<AuthModuleOptions> = {},
): AuthModuleOptions {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    issuer: 'https://host.example',
    audience: 'host',
    keys: { algorithm: 'ES256', privateKey },
    storage: database.storage(),
    throttle: false,
    storeDeadline: PATIENT,
    ...changes,
  };
}

export interface HostApp {
  readonly app: INestApplication;
  readonly url: string;
  client(): ReturnType<typeof httpClient>;
  close(): Promise<void>;
}

export async function startHost(
  module: Type | DynamicModule,
  adapter: 'express' | 'fastify' = 'express',
  globalPrefix = '',
): Promise<HostApp> {
  const quiet = { logger: false as const, abortOnError: false };
  const app =
    adapter === 'fastify'
      ? await NestFactory.create(module, new FastifyAdapter(), quiet)
      : await NestFactory.create(module, quiet);
  app.setGlobalPrefix(globalPrefix);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return { app, url, client: () => httpClient(url), close: () => app.close() };
}

/** A host with `AuthModule`, these options and these controllers. */
export async function hostWith(options: AuthModuleOptions, controllers: Type[] = []) {
  @Module({ imports: [AuthModule.forRoot(options)], controllers })
  class Host {}
  const host = await startHost(Host);
  return { ...host, auth: host.app.get(AuthService, { strict: false }) };
}

/** `GET /claims`: the claims that the host added to the token. */
@Controller()
export class ClaimsController {
  @Get('claims')
  @UseGuards(JwtAuthGuard)
  claims(@CurrentUser() { claims }: Principal) {
    return claims;
  }
}

/** The password of the users of `addPerson`. */
export const HOST_PASSWORD = 'a long enough passphrase';

/** Adds a row to `people`, with `HOST_PASSWORD` as the password. */
export async function addPerson(
  { app }: HostApp,
  { db }: Pick<HostDatabase, 'db'>,
  values: Partial<typeof people.$inferInsert> = {},
): Promise<{ readonly id: string; readonly mail: string }> {
  const secret = await app.get(PasswordHasher, { strict: false }).hash(HOST_PASSWORD);
  const row = { mail: `${randomUUID()}@people.test`, secret, kind: 'member', ...values };
  const [made] = await db.insert(people).values(row).returning();
  return { id: made?.ref ?? '', mail: row.mail };
}

/** A new client that signs in with `HOST_PASSWORD`, and the answer. `more` is added to the body. */
export async function signInAt(
  host: HostApp,
  mail: string,
  more: object = {},
  headers: Record<string, string> = {},
) {
  const client = host.client();
  const body = { email: mail, password: HOST_PASSWORD, ...more };
  return { client, answer: await client.post('/auth/login', body, { headers }) };
}
