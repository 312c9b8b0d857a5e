import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Module } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthModule, PasswordHasher } from '@tokenward/nestjs';
import {
  createAuthSchema,
  drizzleStorage,
  migrateAuth,
  MIGRATIONS_FOLDER,
} from '@tokenward/nestjs/drizzle';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { pgSchema, text, uuid } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { guideFiles, ROOT, writeFiles } from './support/consumer-app.js';
import { createDatabase, type TestDatabase, testPool } from './support/databases.js';
import { hostOptions, startHost } from './support/host-app.js';
import { type PackedLibraries, packedLibraries, succeed } from './support/packages.js';
import { scratchDir } from './support/run-environment.js';

const KIT = join(ROOT, 'node_modules', 'drizzle-kit', 'bin.cjs');
const PACKAGES = ['drizzle-kit', 'drizzle-orm', 'pg'];

const link = (target: string, path: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
};
const kit = (folder: string, args: readonly string[], databaseUrl = ''): string =>
  succeed(process.execPath, [KIT, ...args], folder, { ...process.env, DATABASE_URL: databaseUrl });

describe('drizzle-kit in this repository', () => {
  // T-skm2
  it.each([
    ['the library', 'drizzle.config.ts', 'libs/auth'],
    ['the demo', 'apps/demo/drizzle.config.ts', 'apps/demo'],
  ])('finds that schema and migrations of %s agree', (_, config, owner) => {
    // in a copy: what it finds missing it writes
    const folder = scratchDir('drizzle-kit');
    for (const path of [config, join(owner, 'src')]) link(join(ROOT, path), join(folder, path));
    cpSync(join(ROOT, owner, 'migrations'), join(folder, owner, 'migrations'), { recursive: true });

    expect(kit(folder, ['generate', '--config', config])).toContain('nothing to migrate');
    expect(readdirSync(join(folder, owner, 'migrations'))).toEqual(
      readdirSync(join(ROOT, owner, 'migrations')),
    );
  });
});

describe('drizzle-kit in a project of a host (docs/database.md)', () => {
  let packed: PackedLibraries;
  const databases: TestDatabase[] = [];
  const pools: pg.Pool[] = [];

  beforeAll(async () => {
    packed = await packedLibraries();
  }, 480_000);
  afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.end())));
  afterAll(() => Promise.all(databases.map((database) => database.drop())));

  /** A folder with what the page has people paste, and what they installed. */
  function project(): string {
    const folder = scratchDir('host');
    writeFiles(folder, guideFiles('database.md'));
    for (const name of PACKAGES)
      link(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
    link(join(packed.folder, 'auth'), join(folder, 'node_modules', '@tokenward', 'nestjs'));
    return folder;
  }

  async function emptyDatabase() {
    const database = await createDatabase();
    databases.push(database);
    const pool = testPool({ connectionString: database.url, max: 4 });
    pools.push(pool);
    return { url: database.url, pool, db: drizzle(pool) };
  }

  // T-92d6
  it('the shipped migrations: the tables of migrateAuth, and its record', async () => {
    const folder = project();
    const [byKit, byUs] = [await emptyDatabase(), await emptyDatabase()];
    const migrate = (url: string) =>
      kit(folder, ['migrate', '--config', 'drizzle.auth.config.ts'], url);
    const record = async ({ pool }: { pool: pg.Pool }) =>
      (await pool.query('select hash, created_at from drizzle.__tokenward_migrations order by id'))
        .rows;
    await migrateAuth(byUs.db);
    migrate(byKit.url);
    expect(await tablesOf(byKit.pool, 'public')).toEqual(await tablesOf(byUs.pool, 'public'));
    expect(await record(byKit)).toEqual(await record(byUs));

    // either goes on where the other was
    const before = await record(byKit);
    await migrateAuth(byKit.db);
    migrate(byUs.url);
    expect([await record(byKit), await record(byUs)]).toEqual([before, before]);
    expect(before).toHaveLength(
      readdirSync(MIGRATIONS_FOLDER).filter((name) => name.endsWith('.sql')).length,
    );
  }, 120_000);

  // T-pqfr
  it('migrations of the host’s own: the same tables, in its schema, and Tokenward works on them', async () => {
    const folder = project();
    const [own, shipped] = [await emptyDatabase(), await emptyDatabase()];
    kit(folder, ['generate']);
    kit(folder, ['generate', '--custom', '--name', 'auth_storage']);
    writeFileSync(join(folder, 'migrations', '0001_auth_storage.sql'), storageStatements());
    kit(folder, ['migrate'], own.url);
    expect(kit(folder, ['generate'])).toContain('nothing to migrate');

    await migrateAuth(shipped.db, { schema: 'identity' });
    const tables = await tablesOf(own.pool, 'identity');
    expect(tables.columns.length).toBeGreaterThan(50);
    expect(tables).toEqual(await tablesOf(shipped.pool, 'identity'));
    await signInOn(own.db);
  }, 120_000);

  // T-3d5r
  it('push: keeps the tables that migrateAuth created in a schema of their own', async () => {
    const folder = project();
    const database = await emptyDatabase();
    await migrateAuth(database.db, { schema: 'auth' });
    const before = await tablesOf(database.pool, 'auth');
    const things = `import { pgTable, uuid } from 'drizzle-orm/pg-core';\nexport const things = pgTable('things', { id: uuid('id') });\n`;
    writeFileSync(join(folder, 'src', 'schema.ts'), things);
    kit(folder, ['push', '--force'], database.url);

    const { rows } = await database.pool.query(
      `select to_regclass('public.things') is not null as pushed`,
    );
    expect(rows).toEqual([{ pushed: true }]);
    expect(await tablesOf(database.pool, 'auth')).toEqual(before);
  }, 120_000);
});

/** The statements of the page that drizzle-kit does not write. */
function storageStatements(): string {
  const page = readFileSync(join(ROOT, 'docs', 'database.md'), 'utf8');
  return /^```sql\n(ALTER TABLE[\s\S]*?)^```$/m.exec(page)?.[1] ?? '';
}

/** Tokenward's tables as PostgreSQL sees them; the order of the columns does not count. */
async function tablesOf(pool: pg.Pool, schema: string) {
  const rows = async (statement: string): Promise<Record<string, unknown>[]> =>
    (await pool.query<Record<string, unknown>>(statement, [schema])).rows;
  return {
    columns: await rows(
      `select table_name, column_name, udt_name, datetime_precision, is_nullable, column_default, identity_generation
        from information_schema.columns where table_schema = $1 and table_name like 'auth\\_%' order by 1, 2`,
    ),
    indexes: await rows(
      `select indexname, indexdef from pg_indexes where schemaname = $1 and tablename like 'auth\\_%' order by 1`,
    ),
    storage: await rows(
      `select relname, reloptions from pg_class where relnamespace = $1::regnamespace and relkind = 'r' and relname like 'auth\\_%' order by 1`,
    ),
  };
}

/** A sign-in from beginning to end on the tables of the page's `src/schema.ts`. */
async function signInOn(db: NodePgDatabase): Promise<void> {
  const table = pgSchema('identity').table('users', {
    id: uuid('id').primaryKey().defaultRandom(),
    email: text('email').notNull(),
    passwordHash: text('password_hash').notNull(),
  });
  const users = { table, id: table.id, email: table.email, passwordHash: table.passwordHash };
  const storage = () =>
    drizzleStorage(db, { users, schema: createAuthSchema({ schema: 'identity' }) });
  @Module({ imports: [AuthModule.forRoot(hostOptions({ storage }))] })
  class Host {}
  const host = await startHost(Host);
  try {
    const [email, password] = ['ada@example.com', 'a long enough passphrase'];
    const passwordHash = await host.app.get(PasswordHasher, { strict: false }).hash(password);
    await db.insert(table).values({ email, passwordHash });
    const client = host.client();
    const statuses = [
      (await client.post('/auth/login', { email, password })).status,
      (await client.post('/auth/refresh')).status,
      (await client.get('/auth/me')).status,
      (await client.post('/auth/logout-all')).status,
      (await client.post('/auth/refresh')).status,
    ];
    expect(statuses).toEqual([200, 200, 200, 204, 401]);
  } finally {
    await host.close();
  }
}
