import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import pg from 'pg';
import { given } from './run-environment.js';

export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  /** Ends every connection to the database and removes it. */
  drop(): Promise<void>;
}

/** A pool that survives the loss of idle connections when their database is dropped. */
export function testPool(options: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(options);
  pool.on('error', () => undefined);
  return pool;
}

/** An empty database with a unique name, usually one per spec file. */
export async function createDatabase(encoding = 'UTF8'): Promise<TestDatabase> {
  const admin = given('TEST_DATABASE_URL');
  const name = `tokenward_test_${process.env['TEST_RUN_ID'] ?? 'single'}_${randomBytes(5).toString('hex')}`;
  const locale = encoding === 'UTF8' ? '' : ` LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'`;
  const made = `CREATE DATABASE "${name}" TEMPLATE template0 ENCODING '${encoding}'${locale}`;
  await execute(admin, made);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    name,
    drop: () => execute(admin, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`),
  };
}

export interface TestRedisDatabase {
  /** With the number of the database in the path. */
  readonly url: string;
  /** Empties the database and releases it. */
  drop(): Promise<void>;
}

const CLAIM = 'tokenward-test-claim';

/** An empty numbered database that no other spec file uses. */
export async function createRedisDatabase(): Promise<TestRedisDatabase> {
  const base = new URL(given('TEST_REDIS_URL'));
  const client = new Redis(base.href, { lazyConnect: true, maxRetriesPerRequest: 1 });
  await client.connect();
  try {
    const [, databases] = (await client.config('GET', 'databases')) as [string, string];
    for (let number = 1; number < Number(databases); number++) {
      await client.select(number);
      if ((await client.dbsize()) > 0 || !(await client.set(CLAIM, '1', 'EX', 3600, 'NX')))
        continue;
      if ((await client.dbsize()) > 1) {
        await client.del(CLAIM);
        continue;
      }
      base.pathname = `/${number}`;
      return { url: base.href, drop: () => flush(base.href) };
    }
    throw new Error('No empty Redis database is left');
  } finally {
    client.disconnect();
  }
}

async function flush(url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1 });
  await client.connect();
  await client.flushdb();
  client.disconnect();
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
