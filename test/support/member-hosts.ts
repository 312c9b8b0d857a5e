import { Controller, Get, type INestApplication, Module, UseGuards } from '@nestjs/common';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import {
  AuthModule,
  type AuthModuleOptions,
  CurrentUser,
  JwtAuthGuard,
  PasswordHasher,
  type Principal,
  TokenVersionGuard,
} from '@tokenward/nestjs';
import { drizzleStorage, type UserColumns } from '@tokenward/nestjs/drizzle';
import { integer, pgTable, serial, text, timestamp } from 'drizzle-orm/pg-core';
import {
  hostDatabase,
  type HostApp,
  type HostDatabase,
  hostOptions,
  startHost,
  PATIENT,
} from './host-app.js';

/** Integer ids, mixed case, tenants, soft deletion, and columns that a registration may not fill. */
export const members = pgTable('members', {
  id: serial('id').primaryKey(),
  org: text('org'),
  username: text('username'),
  email: text('email'),
  secret: text('secret'),
  role: text('role'),
  phone: text('phone'),
  credit: integer('credit').notNull().default(0),
  verified: timestamp('verified', { withTimezone: true }),
  deletedAt: timestamp('deleted_at', { withTimezone: true }),
});
const { id, email, secret, role } = members;
export const BARE: UserColumns = { table: members, id, email, passwordHash: secret, role };

export const PASSWORD = 'a quiet harbour at dawn';
export const REFUSED = {
  statusCode: 401,
  error: 'Unauthorized',
  message: 'Login refused',
  code: 'login_refused',
};

@Controller()
class Things {
  @Get('things')
  @UseGuards(JwtAuthGuard)
  things(@CurrentUser() user: Principal) {
    return { id: user.id, ...user.claims };
  }

  @Get('checked')
  @UseGuards(JwtAuthGuard, TokenVersionGuard)
  checked() {
    return {};
  }
}

/** A database of members for the calling file. Its applications are closed after each test. */
export function memberHosts() {
  let database: HostDatabase;
  let hash: string;
  let next = 0;
  const running: HostApp[] = [];
  const events: Record<string, unknown>[] = [];

  beforeAll(async () => {
    database = await hostDatabase();
    await database.pool.query(
      `create table members (id serial primary key, org text, username text, email text, secret text, role text, phone text,
        credit int not null default 0, verified timestamptz, deleted_at timestamptz)`,
    );
  });
  afterEach(async () => {
    for (const app of running.splice(0)) await app.close();
    events.splice(0);
  });
  afterAll(() => database.drop());

  async function start(
    users: Partial<UserColumns>,
    changes: Partial<AuthModuleOptions> = {},
    adapter: 'express' | 'fastify' = 'express',
  ) {
    const options = hostOptions(database, {
      storage: drizzleStorage(database.db, { users: { ...BARE, ...users }, deadline: PATIENT }),
      onEvent: (event) => void events.push({ ...event }),
      ...changes,
    });
    @Module({
      imports: [AuthModule.forRoot({ ...options, routes: { register: true } })],
      controllers: [Things],
    })
    class Host {}
    const host = await startHost(Host, adapter);
    running.push(host);
    hash ??= await (host.app as INestApplication)
      .get(PasswordHasher, { strict: false })
      .hash(PASSWORD);
    return host;
  }

  async function put(row: Partial<typeof members.$inferInsert>): Promise<string> {
    const [made] = await database.db
      .insert(members)
      .values({ secret: hash, ...row })
      .returning();
    return String(made?.id);
  }

  const unique = (name: string): string => `${name}${String(++next)}`;
  const seen = (type: string) => events.filter((event) => event['type'] === type);
  return {
    start,
    put,
    unique,
    seen,
    hash: () => hash,
    database: () => database,
    /** Not closed after the test; the caller must close it. */
    keep: (host: HostApp) => void running.splice(running.indexOf(host), 1),
  };
}
