import { Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthModule, type AuthModuleOptions } from '@tokenward/nestjs';
import { createAuthSchema, drizzleStorage, migrateAuth } from '@tokenward/nestjs/drizzle';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { createDatabase, type TestDatabase, testPool } from '../support/databases.js';
import { expectSignOutSeen, Things } from '../support/guarded-things.js';
import {
  type HostApp,
  type HostDatabase,
  hostDatabase,
  hostOptions,
  PEOPLE,
  startHost,
  PATIENT,
} from '../support/host-app.js';
import { type PgBouncer, startPgBouncer } from '../support/pgbouncer.js';

const ADA = { email: 'ada@example.com', password: 'a long enough passphrase' };
const MAX_STALENESS_MS = 1_000;
const PEOPLE_AT_ONCE = 8;

let behind: TestDatabase;
let bouncer: PgBouncer;
let database: HostDatabase;
let direct: pg.Client;
const hosts: HostApp[] = [];
const pools: pg.Pool[] = [];

beforeAll(async () => {
  behind = await createDatabase();
  bouncer = await startPgBouncer(behind.url, 3);
  database = await hostDatabase({ url: bouncer.url, drop: behind.drop });
  direct = new pg.Client(behind.url);
  await direct.connect();
  const options = hostOptions(database);
  for (let each = 0; each < 2; each++) hosts.push(await startOn(options));
}, 60_000);

afterAll(async () => {
  await Promise.all(hosts.map((host) => host.close()));
  await Promise.all(pools.map((pool) => pool.end()));
  await direct?.end();
  await database?.drop();
  await bouncer?.stop();
});

function poolOf(settings: pg.PoolConfig = {}): pg.Pool {
  const pool = testPool({ connectionString: bouncer.url, max: 6, ...settings });
  pools.push(pool);
  return pool;
}

function startOn(options: AuthModuleOptions, pool = poolOf()): Promise<HostApp> {
  const storage = drizzleStorage(drizzle(pool), { users: PEOPLE, deadline: PATIENT });
  @Module({
    imports: [
      AuthModule.forRoot({
        ...options,
        storage,
        routes: { register: true },
        revocation: { maxStaleness: `${MAX_STALENESS_MS}ms` },
      }),
    ],
    controllers: [Things],
  })
  class Host {}
  return startHost(Host);
}

describe('PgBouncer in transaction mode', () => {
  it('registers, signs in, refreshes, lists and ends', async () => {
    const client = hosts[0]!.client();
    expect((await client.post('/auth/register', ADA)).status).toBe(201);
    expect((await client.post('/auth/login', ADA)).status).toBe(200);
    expect((await client.post('/auth/refresh')).status).toBe(200);
    expect((await client.get('/auth/sessions')).json()).toMatchObject([{ current: true }]);
    const thief = client.copy();
    expect((await client.post('/auth/logout-all')).status).toBe(204);
    expect((await thief.get('/auth/me')).status).toBe(401);
    expect((await thief.post('/auth/refresh')).status).toBe(401);
  });

  // T-4hhz
  it('refreshes at two processes at once, whatever connection each statement is given', async () => {
    const clients = await Promise.all(
      Array.from({ length: PEOPLE_AT_ONCE }, async (_, at) => {
        const client = hosts[at % 2]!.client();
        expect((await client.post('/auth/login', ADA)).status).toBe(200);
        return client;
      }),
    );
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(clients.map((client) => client.post('/auth/refresh')));
      expect(answers.map(({ status }) => status)).toEqual(clients.map(() => 200));
    }
  });

  it('a logout at one process reaches the other, although no notification comes through', async () => {
    await expectSignOutSeen(
      hosts.map((host) => host.client()),
      ADA,
    );
  });

  // T-9k9z
  it('a migration leaves no lock, limit or search path on the connections that others get', async () => {
    await Promise.all([1, 2, 3].map(() => migrateAuth(drizzle(poolOf()), { schema: 'elsewhere' })));
    const { rows: locks } = await direct.query(
      `select 1 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
    );
    expect(locks).toEqual([]);
    const pool = poolOf();
    const settings = await Promise.all(
      Array.from({ length: 6 }, () =>
        pool.query(
          `select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock, current_schema() as schema, pg_sleep(0.05)::text as slept`,
        ),
      ),
    );
    for (const { rows } of settings)
      expect(rows).toEqual([{ statement: '0', lock: '0', schema: 'public', slept: '' }]);
    const storage = drizzleStorage(drizzle(pool), {
      schema: createAuthSchema({ schema: 'elsewhere' }),
    });
    await expect(storage.check()).resolves.toBeUndefined();
  });

  // T-66x7
  it('a pool setting that it refuses stops the boot with one line and the cure', async () => {
    const pool = poolOf({ statement_timeout: 1_000 });
    const error = await startOn(hostOptions(database), pool).then(
      () => undefined,
      (refusal: { detail?: string; message: string }) => refusal.detail ?? refusal.message,
    );
    expect(error).toMatch(
      /unsupported startup parameter: statement_timeout; take it out of the settings/,
    );
    expect(error).not.toContain('\n');
  });
});
