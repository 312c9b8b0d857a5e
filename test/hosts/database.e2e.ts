import { randomBytes } from 'node:crypto';
import { Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthModule } from '@tokenward/nestjs';
import {
  createAuthSchema,
  drizzleKeySource,
  drizzleStorage,
  type DrizzleStorageOptions,
} from '@tokenward/nestjs/drizzle';
import { drizzle } from 'drizzle-orm/node-postgres';
import { drizzle as proxyDrizzle } from 'drizzle-orm/pg-proxy';
import { pgSchema, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { DECOYS, WORKING } from '../support/database-kinds.js';
import {
  type HostDatabase,
  hostDatabase,
  hostOptions,
  PEOPLE,
  startHost,
  PATIENT,
} from '../support/host-app.js';

const PASSWORD = 'a long enough passphrase';

function moduleOn(database: HostDatabase, storage: () => ReturnType<typeof drizzleStorage>) {
  @Module({
    imports: [
      AuthModule.forRoot({ ...hostOptions({ ...database, storage }), routes: { register: true } }),
    ],
  })
  class Host {}
  return Host;
}

describe.each(WORKING)('a database of a host: $name', (kind) => {
  let database: HostDatabase;
  let pool: pg.Pool;
  let host: Awaited<ReturnType<typeof startHost>>;
  beforeAll(async () => {
    database = await hostDatabase();
    await database.pool.query('create schema decoy');
    if (kind.before) await database.pool.query(kind.before);
    pool = new pg.Pool({ connectionString: database.url, max: 4, ...kind.pool });
    const db = kind.db?.(pool) ?? drizzle(pool);
    host = await startHost(
      moduleOn(database, () =>
        drizzleStorage(db, { users: PEOPLE, deadline: PATIENT, ...kind.storage }),
      ),
    );
  });
  afterAll(async () => {
    await host?.close();
    await pool.end();
    await database.drop();
  });

  // T-62z5
  it('registers, signs in, refreshes, lists and ends', async () => {
    const client = host.client();
    const credentials = { email: 'ada@example.com', password: PASSWORD };
    expect((await client.post('/auth/register', credentials)).status).toBe(201);
    const table = kind.storage?.users ? 'members' : 'people';
    const [grants, role] = await database.pool
      .query<{ column_name: string }>(
        `select column_name from information_schema.columns where table_name = $1 and column_name ~* 'grants|granted|kind|role' order by 1`,
        [table],
      )
      .then(({ rows }) => rows.map((row) => row.column_name));
    await database.pool.query(
      `update ${table} set "${String(grants)}" = '{notes:read,"a,b"}', "${String(role)}" = 'admin'`,
    );
    expect((await client.post('/auth/login', credentials)).status).toBe(200);
    expect((await client.post('/auth/refresh')).status).toBe(200);
    expect((await client.get('/auth/me')).json()).toMatchObject({
      role: 'admin',
      permissions: ['notes:read', 'a,b'],
    });
    const [session] = (await client.get('/auth/sessions')).json<
      { current: boolean; createdAt: string }[]
    >();
    expect(session).toMatchObject({ current: true, ip: expect.stringMatching(/127\.0\.0\.1/) });
    expect(Date.now() - Date.parse(session?.createdAt ?? '')).toBeLessThan(60_000);
    const thief = client.copy();
    expect((await client.post('/auth/logout-all')).status).toBe(204);
    expect((await thief.get('/auth/me')).status).toBe(401);
    expect((await thief.post('/auth/refresh')).status).toBe(401);
    const { rows } = await database.pool.query('select kind from public.auth_revocations');
    expect(rows).toEqual([{ kind: 'user' }]);
    expect(pool.totalCount - pool.idleCount).toBeLessThanOrEqual(1);
  });
});

describe('a search path that leads elsewhere after the start', () => {
  // T-2fw2
  it('has no effect: every statement names the schema in which the table was found', async () => {
    const database = await hostDatabase();
    const pool = new pg.Pool({ connectionString: database.url, max: 1, maxUses: 1 });
    try {
      const storage = drizzleStorage(drizzle(pool), { users: PEOPLE });
      const encryptionKeys = [`k:${randomBytes(32).toString('base64url')}`];
      const keys = drizzleKeySource(drizzle(pool), { encryptionKeys });
      await Promise.all([storage.check(), keys.load()]);
      const name = new URL(database.url).pathname.slice(1);
      await database.pool.query(
        `create schema decoy; ${DECOYS}; alter database ${name} set search_path = decoy, public`,
      );
      expect((await pool.query('show search_path')).rows).toEqual([
        { search_path: 'decoy, public' },
      ]);

      const { sessions, ledger, peppers, keySightings, audit, users } = storage;
      const pepper = `p:${randomBytes(32).toString('base64url')}`;
      expect(await peppers.loadOrCreate(pepper)).toEqual([pepper]);
      await peppers.rotate(`q:${randomBytes(32).toString('base64url')}`, 0, 1_000);
      expect((await keySightings.see(['one'])).size).toBe(1);
      expect(await keySightings.knows('one')).toBe(true);
      const id = await ledger.identity();
      expect((await ledger.readSince(undefined)).position.ledger).toBe(id);
      await ledger.append([{ kind: 'key', id: 'gone', value: 0, expiresAt: Date.now() + 60_000 }]);
      expect((await ledger.readSince(undefined)).entries).toHaveLength(1);
      await sessions.endAll('nobody', 'logout_all');
      await sessions.removeExpired(0, 10);
      expect(await audit?.removeOlder(1_000, 10)).toBe(0);
      expect(await users?.findById(randomBytes(4).toString('hex'))).toBeUndefined();
      const rotation = { algorithm: 'ES256', leadTimeMs: 0, retainMs: 1_000, revoked: [] } as const;
      expect(await keys.rotate?.(rotation)).toBe('rotated');
      expect((await keys.load()).keys).toHaveLength(1);
    } finally {
      await pool.end();
      await database.drop();
    }
  });
});

// T-m7r6
describe('a set-up that cannot work stops the boot with one line and the cure', () => {
  let database: HostDatabase;
  const made: { end(): Promise<void> }[] = [];
  beforeAll(async () => {
    database = await hostDatabase();
  });
  afterAll(async () => {
    await Promise.all(made.map((each) => each.end()));
    await database.drop();
  });
  const poolOf = (connectionString = database.url, options?: string) => {
    const pool = new pg.Pool({ connectionString, max: 2, options });
    made.push(pool);
    return pool;
  };
  const storageOn = (pool = poolOf(), options: DrizzleStorageOptions = { users: PEOPLE }) =>
    drizzleStorage(drizzle(pool), options);
  const elsewhere = () => {
    const url = new URL(database.url);
    url.pathname = '/no_such_database';
    return url.href;
  };
  const asRole = async () => {
    const role = `tw_${randomBytes(4).toString('hex')}`;
    await database.pool.query(
      `create role ${role} login password 'x'; grant usage on schema public to ${role}; grant select, insert, update, delete on all tables in schema public to ${role}; revoke insert on auth_revocations from ${role}`,
    );
    made.push({
      end: async () => void (await database.pool.query(`drop owned by ${role}; drop role ${role}`)),
    });
    const url = new URL(database.url);
    [url.username, url.password] = [role, 'x'];
    return url.href;
  };
  const other = pgTable('people', {
    ref: uuid('person_ref'),
    mail: text('mail'),
    pw: text('passwort'),
  });

  type Storage = ReturnType<typeof drizzleStorage>;
  it.each<[string, () => Promise<Storage> | Storage, RegExp]>([
    [
      'one Client',
      () => drizzleStorage(drizzle(new pg.Client(database.url))),
      /drizzleStorage: needs .* Pool .* this is one Client; write drizzle\(new Pool/,
    ],
    [
      'another driver',
      () => drizzleStorage(proxyDrizzle(() => Promise.resolve({ rows: [] })) as never),
      /drizzleStorage: needs .* a PgRemoteDatabase; write/,
    ],
    [
      'results in binary',
      () => drizzleStorage(drizzle(new pg.Pool({ binary: true } as pg.PoolConfig))),
      /drizzleStorage: cannot work on a pool with binary: true; take/,
    ],
    [
      'no database',
      () => drizzleStorage(undefined as never),
      /drizzleStorage: needs .* not a Drizzle database; write/,
    ],
    [
      'missing tables',
      () => storageOn(poolOf(), { users: PEOPLE, schema: createAuthSchema({ prefix: 'none_' }) }),
      /^(?!.*tokenward migrate.*tokenward migrate).*: the table none_subjects is missing, .*, the table none_audit is missing; run `tokenward migrate`/,
    ],
    [
      'tables off the search path',
      () => storageOn(poolOf(database.url, '-c search_path=pg_catalog')),
      /the table auth_subjects is not on the search path .* it is in public; pass createAuthSchema\(\{ schema \}\)/,
    ],
    [
      'tables that the search path finds in two schemas',
      async () => {
        await database.pool.query(
          'create schema stray; create table stray.auth_revocations (like public.auth_revocations)',
        );
        return storageOn(poolOf(database.url, '-c search_path=stray,public'));
      },
      /the search path leads to public\.auth_subjects and stray\.auth_revocations; name the schema: createAuthSchema\(\{ schema: 'public' \}\)/,
    ],
    [
      'a missing column of the users',
      () =>
        storageOn(poolOf(), {
          users: { table: other, id: other.ref, email: other.mail, passwordHash: other.pw },
        }),
      /the table public\.people has no column passwort; give the columns/,
    ],
    [
      'a column too short for a new hash, whatever Drizzle was told',
      async () => {
        await database.pool.query(
          'create table narrow (id uuid primary key, mail text, pw varchar(60))',
        );
        const narrow = pgTable('narrow', {
          id: uuid('id').primaryKey(),
          mail: text('mail'),
          pw: text('pw'),
        });
        return storageOn(poolOf(), {
          users: { table: narrow, id: narrow.id, email: narrow.mail, passwordHash: narrow.pw },
        });
      },
      /the column pw of public\.narrow is character varying\(60\), .* ALTER TABLE public\.narrow ALTER COLUMN pw TYPE text/,
    ],
    [
      'such a column of a name with capitals, in the spelling that the database takes',
      async () => {
        await database.pool.query(
          'create schema "Shop"; create table "Shop"."Users" (id uuid, mail text, "passwordHash" varchar(60))',
        );
        const shop = pgSchema('Shop').table('Users', {
          id: uuid('id').primaryKey(),
          mail: text('mail'),
          hash: text('passwordHash'),
        });
        return storageOn(poolOf(), {
          users: { table: shop, id: shop.id, email: shop.mail, passwordHash: shop.hash },
        });
      },
      /ALTER TABLE "Shop"\."Users" ALTER COLUMN "passwordHash" TYPE text/,
    ],
    [
      'a missing right',
      async () => storageOn(poolOf(await asRole())),
      /has no right to INSERT on public\.auth_revocations; GRANT INSERT ON public\.auth_revocations TO tw_/,
    ],
    [
      'a missing database',
      () => storageOn(poolOf(elsewhere())),
      /3D000 database "no_such_database" does not exist; correct the settings of the connection/,
    ],
    [
      'a role that may only read',
      () => storageOn(poolOf(database.url, '-c default_transaction_read_only=on')),
      /the application cannot start: .*: 25006 cannot execute .* in a read-only transaction; name the primary, or let the role write/,
    ],
    [
      'a missing column of its own',
      async () => {
        await database.pool.query(
          'create schema older; create table older.auth_sessions as select * from auth_sessions; alter table older.auth_sessions drop column amr; create table older.auth_subjects as select * from auth_subjects; create table older.auth_revocations as select * from auth_revocations; create table older.auth_audit as select * from auth_audit',
        );
        return storageOn(poolOf(), {
          users: PEOPLE,
          schema: createAuthSchema({ schema: 'older' }),
        });
      },
      /the table older\.auth_sessions has no column amr, .*; run `tokenward migrate`/,
    ],
  ])('%s', async (_name, storage, words) => {
    const boot = async () => {
      const given = await storage();
      return startHost(moduleOn(database, () => given));
    };
    const error = await boot().then(
      () => undefined,
      (refusal: { detail?: string; message: string }) => refusal.detail ?? refusal.message,
    );
    expect(error).toMatch(words);
    expect(error).not.toContain('\n');
  });
});
