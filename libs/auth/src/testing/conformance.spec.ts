import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { drizzle } from 'drizzle-orm/node-postgres';
import { boolean, pgTable, serial, text, uuid, varchar } from 'drizzle-orm/pg-core';
import { Redis } from 'ioredis';
import type pg from 'pg';
import { createDatabase, type TestDatabase, testPool } from '../../../../test/support/databases.js';
import { drizzleStorage } from '../drizzle/drizzle-storage.js';
import { migrateAuth } from '../drizzle/migrate.js';
import { redisConnection } from '../redis/redis-connection.js';
import { MemoryThrottleStore } from '../storage/memory-throttle.store.js';
import type { ConformanceCase } from './conformance/conformance-case.js';
import { apiKeyStoreConformance } from './conformance/api-key-store.conformance.js';
import { factorStoreConformance } from './conformance/factor-store.conformance.js';
import { identityStoreConformance } from './conformance/identity-store.conformance.js';
import { revocationLedgerConformance } from './conformance/revocation-ledger.conformance.js';
import { sessionStoreConformance } from './conformance/session-store.conformance.js';
import { oneTimeTokenStoreConformance } from './conformance/one-time-token-store.conformance.js';
import { throttleStoreConformance } from './conformance/throttle-store.conformance.js';
import {
  type ConformanceUser,
  userDirectoryConformance,
} from './conformance/user-directory.conformance.js';
import { ManualClock } from './manual-clock.js';
import { memoryStorage } from './memory-storage.js';

const all = (cases: readonly ConformanceCase[]): void => {
  for (const { name, run } of cases) it(name, run);
};

describe('the memory stores conform: sessions', () => {
  const storage = memoryStorage({ clock: new ManualClock() });
  all(
    sessionStoreConformance(() => ({
      store: storage.sessions,
      newUser: async () => storage.users.set({}),
    })),
  );
});

describe('the memory stores conform: one-time tokens', () => {
  const { oneTimeTokens: tokens, sessions, users } = memoryStorage();
  all(
    oneTimeTokenStoreConformance(() => ({ tokens, sessions, newUser: async () => users.set({}) })),
  );
});

describe('the memory stores conform: sessions of users elsewhere', () => {
  const { sessions } = memoryStorage({ users: 'elsewhere' });
  all(sessionStoreConformance(() => ({ store: sessions, newUser: async () => randomUUID() })));
});

describe('the memory stores conform: identities', () => {
  const { identities, sessions, users } = memoryStorage({ clock: new ManualClock() });
  all(
    identityStoreConformance(() => ({ identities, sessions, newUser: async () => users.set({}) })),
  );
});

describe('the memory stores conform: factors', () => {
  const { factors, sessions, users } = memoryStorage({ clock: new ManualClock() });
  all(factorStoreConformance(() => ({ factors, sessions, newUser: async () => users.set({}) })));
});

describe('the memory stores conform: API keys', () => {
  const clock = new ManualClock();
  const { apiKeys, sessions, users } = memoryStorage({ clock });
  const pass = async (ms: number): Promise<void> => clock.advance(`${String(ms)}ms`);
  all(
    apiKeyStoreConformance(() => ({ apiKeys, sessions, newUser: async () => users.set({}), pass })),
  );
});

// T-sw2b
describe('the memory stores conform: ledger, users, throttle', () => {
  const clock = new ManualClock();
  const storage = memoryStorage({ clock });
  all(revocationLedgerConformance(() => ({ ledger: storage.ledger, now: () => clock.now() })));
  all(
    userDirectoryConformance(() => ({
      users: storage.users,
      unknownId: randomUUID,
      lacks: [],
      add: async (user) => storage.users.set(user),
    })),
  );
  const pass = async (ms: number): Promise<void> => clock.advance(`${String(ms)}ms`);
  all(throttleStoreConformance(() => ({ throttle: new MemoryThrottleStore(clock), pass })));
});

const pick = ({ factors, sessions }: ReturnType<typeof drizzleStorage>) => ({ factors, sessions });

const people = pgTable('people', {
  id: uuid('id').primaryKey().defaultRandom(),
  email: text('email').notNull().unique(),
  name: text('name'),
  passwordHash: text('password_hash'),
  role: text('role'),
  permissions: text('permissions').array(),
  disabled: boolean('disabled'),
});

/** Integer ids, no names, no permissions. */
const plain = pgTable('plain', {
  id: serial('id').primaryKey(),
  email: varchar('email', { length: 80 }).notNull().unique(),
  passwordHash: varchar('password_hash', { length: 200 }),
  role: text('role'),
});

// T-rnhp
describe('the Drizzle and Redis stores conform', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let storage: ReturnType<typeof drizzleStorage>;
  let plainStorage: ReturnType<typeof drizzleStorage>;
  let client: Redis;
  let redis: ReturnType<typeof redisConnection>;

  beforeAll(async () => {
    database = await createDatabase();
    pool = testPool({ connectionString: database.url, max: 24 });
    // the database is dropped from under its idle connections
    pool.on('error', () => undefined);
    const db = drizzle(pool);
    await migrateAuth(db);
    await pool.query(
      'create table people (id uuid primary key default gen_random_uuid(), email text not null unique, name text, password_hash text, role text, permissions text[], disabled boolean)',
    );
    await pool.query(
      'create table plain (id serial primary key, email varchar(80) not null unique, password_hash varchar(200), role text)',
    );
    plainStorage = drizzleStorage(db, { users: { table: plain, ...plain }, deadline: '5s' });
    storage = drizzleStorage(db, { users: { table: people, ...people }, deadline: '5s' });
    client = new Redis(process.env['TEST_REDIS_URL'] ?? '', {
      keyPrefix: `conformance:${randomUUID()}:`,
    });
    redis = redisConnection(client);
  });

  afterAll(async () => {
    await redis.close();
    client.disconnect();
    await pool.end();
    await database.drop();
  });

  const add = async (user: Partial<ConformanceUser>): Promise<string> => {
    const { email = `${randomUUID()}@example.com`, name, passwordHash, role, permissions } = user;
    const found = await pool.query<{ id: string }>(
      'insert into people (email, password_hash, role, permissions, name) values ($1, $2, $3, $4, $5) returning id',
      [email, passwordHash, role, permissions, name],
    );
    return found.rows[0]?.id ?? '';
  };

  const addPlain = async (user: Partial<ConformanceUser>): Promise<string> => {
    const { email = `${randomUUID()}@example.com`, passwordHash, role } = user;
    const found = await pool.query<{ id: number }>(
      'insert into plain (email, password_hash, role) values ($1, $2, $3) returning id',
      [email, passwordHash, role],
    );
    return String(found.rows[0]?.id);
  };

  describe('sessions of users with integer ids', () => {
    all(
      sessionStoreConformance(() => ({
        store: plainStorage.sessions,
        newUser: () => addPlain({}),
      })),
    );
  });
  describe('users with integer ids, without names and permissions', () => {
    all(
      userDirectoryConformance(() => {
        if (!plainStorage.users) throw new Error('the storage has no users');
        const lacks = ['name', 'permissions'] as const;
        return { users: plainStorage.users, add: addPlain, unknownId: () => '2000000000', lacks };
      }),
    );
  });

  describe('sessions', () => {
    all(sessionStoreConformance(() => ({ store: storage.sessions, newUser: () => add({}) })));
  });
  describe('one-time tokens', () => {
    all(
      oneTimeTokenStoreConformance(() => {
        const { oneTimeTokens: tokens, sessions } = storage;
        return { tokens, sessions, newUser: () => add({}) };
      }),
    );
  });
  describe('ledger', () => {
    all(revocationLedgerConformance(() => ({ ledger: storage.ledger, now: Date.now })));
  });
  describe('factors', () => {
    const newUser = () => add({});
    all(factorStoreConformance(() => ({ ...pick(storage), newUser })));
  });
  describe('identities', () => {
    all(
      identityStoreConformance(() => {
        const { identities, sessions } = storage;
        return { identities, sessions, newUser: () => add({}) };
      }),
    );
  });
  describe('API keys', () => {
    all(
      apiKeyStoreConformance(() => {
        const { apiKeys, sessions } = storage;
        return { apiKeys, sessions, newUser: () => add({}), pass: (ms) => sleep(ms) };
      }),
    );
  });
  describe('users', () => {
    all(
      userDirectoryConformance(() => {
        if (!storage.users) throw new Error('the storage has no users');
        return { users: storage.users, add, unknownId: randomUUID, lacks: [] };
      }),
    );
  });
  describe('throttle', () => {
    all(throttleStoreConformance(() => ({ throttle: redis.throttle, pass: (ms) => sleep(ms) })));
  });
});
