import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Redis } from 'ioredis';
import type pg from 'pg';
import { createDatabase, type TestDatabase, testPool } from '../../../../test/support/databases.js';
import { drizzleKeySource } from '../drizzle/drizzle-key-source.store.js';
import { drizzleStorage } from '../drizzle/drizzle-storage.js';
import { migrateAuth } from '../drizzle/migrate.js';
import { keyDirectory, keyFile } from '../issue/keys/file-keys.js';
import { keysFrom } from '../issue/keys/function-keys.js';
import { generateSigningJwk } from '../issue/keys/generate-key.js';
import { redisConnection } from '../redis/redis-connection.js';
import { auditStoreConformance } from './conformance/audit-store.conformance.js';
import type { ConformanceCase } from './conformance/conformance-case.js';
import { keySightingsConformance } from './conformance/key-sightings.conformance.js';
import { keySourceConformance } from './conformance/key-source.conformance.js';
import { refreshSecretsConformance } from './conformance/refresh-secrets.conformance.js';
import { revocationFeedConformance } from './conformance/revocation-feed.conformance.js';
import { ManualClock } from './manual-clock.js';
import { memoryStorage } from './memory-storage.js';

const all = (cases: readonly ConformanceCase[]): void => {
  for (const { name, run } of cases) it(name, run);
};

describe('the memory stores conform', () => {
  describe('key sightings', () => {
    all(keySightingsConformance(() => ({ sightings: memoryStorage().keySightings })));
  });
  describe('refresh-token secrets', () => {
    all(
      refreshSecretsConformance(() => {
        const clock = new ManualClock();
        const pass = async (ms: number): Promise<void> => clock.advance(`${String(ms)}ms`);
        return { secrets: memoryStorage({ clock }).peppers, pass };
      }),
    );
  });
});

describe('the key sources conform', () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tokenward-conformance-'));
    const keys = [await generateSigningJwk('ES256', { iat: 1_700_000_000, nbf: 1_700_000_000 })];
    writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys }), { mode: 0o600 });
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  describe('a JWKS file', () => {
    all(keySourceConformance(() => ({ source: keyFile(join(folder, 'keys.json')) })));
  });
  describe('a directory', () => {
    all(keySourceConformance(() => ({ source: keyDirectory(folder) })));
  });
  describe('a function', () => {
    const read = () => keyFile(join(folder, 'keys.json')).load();
    all(keySourceConformance(() => ({ source: keysFrom(read) })));
  });
});

describe('the PostgreSQL stores conform', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let storage: ReturnType<typeof drizzleStorage>;

  beforeAll(async () => {
    database = await createDatabase();
    pool = testPool({ connectionString: database.url, max: 12 });
    await migrateAuth(drizzle(pool));
    storage = drizzleStorage(drizzle(pool), { deadline: '5s' });
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const emptied = async <T>(table: string, made: T): Promise<T> => {
    await pool.query(`truncate ${table}`);
    return made;
  };

  describe('audit trail', () => {
    all(
      auditStoreConformance(() => {
        if (!storage.audit) throw new Error('the storage has no audit trail');
        return { audit: storage.audit };
      }),
    );
  });
  describe('key sightings', () => {
    all(
      keySightingsConformance(() => {
        if (!storage.keySightings) throw new Error('the storage has no key sightings');
        return emptied('auth_key_sightings', { sightings: storage.keySightings });
      }),
    );
  });
  describe('refresh-token secrets', () => {
    const pass = (ms: number): Promise<void> => sleep(ms);
    all(
      refreshSecretsConformance(() => emptied('auth_peppers', { secrets: storage.peppers, pass })),
    );
  });
  describe('signing keys', () => {
    const encryptionKeys = [`seal:${Buffer.alloc(32, randomUUID()).toString('base64url')}`];
    const source = () => drizzleKeySource(drizzle(pool), { encryptionKeys, deadline: '5s' });
    all(keySourceConformance(() => emptied('auth_signing_keys', { source: source() })));
  });
});

describe('the Redis feed conforms', () => {
  const keyPrefix = `conformance:${randomUUID()}:`;
  const client = new Redis(process.env['TEST_REDIS_URL'] ?? '', { keyPrefix });
  const { feed, close } = redisConnection(client, { deadlineMs: 1_000 });
  afterAll(async () => {
    await close();
    client.disconnect();
  });

  all(revocationFeedConformance(() => ({ feed, now: Date.now })));
});
