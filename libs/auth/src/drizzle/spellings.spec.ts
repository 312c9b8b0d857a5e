import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { customType, type PgColumn, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type pg from 'pg';
import { createDatabase, type TestDatabase, testPool } from '../../../../test/support/databases.js';
import { DrizzleUserDirectory } from './drizzle-user-directory.store.js';
import { migrateAuth } from './migrate.js';
import { toQuery } from './own-transaction.js';
import { createAuthSchema } from './schema.js';
import { isSpelled } from './spellings.js';

const citext = customType<{ data: string }>({ dataType: () => 'citext' });
const guests = pgTable('guests', {
  id: uuid('id').primaryKey(),
  email: text('email'),
  folded: citext('folded'),
  bytes: text('bytes'),
  hash: text('hash'),
});
const { id, email, folded, bytes, hash } = guests;

const [O_UMLAUT, O_AND_DOTS] = ['\u00f6', 'o\u0308'];
/** The identifier as another program stored it → as the user types it. */
const STORED: readonly (readonly [string, string, string])[] = [
  ['decomposed', `j${O_AND_DOTS}rg`, `j${O_UMLAUT}rg`],
  ['decomposed, in capitals', `J${O_AND_DOTS.toUpperCase()}RG`, `j${O_UMLAUT}rg`],
  ['composed, in capitals', 'J\u00d6RG', `J${O_AND_DOTS}rg`],
  ['with a capital that is not ASCII', '\u00d6zg\u00fcr Ay', '\u00f6zg\u00fcr ay'],
  ['in full width', '\uff41\uff44\uff41', 'ada'],
  ['in full width but for a sign', '\uff41\uff44\uff41.\uff11', 'ada.1'],
  ['in full width but for digits', '\uff21\uff44\uff41.1', 'ada.1'],
  ['in full width and capitals', '\uff21\uff24\uff21', 'Ada'],
  ['with a dotted capital I', '\u0130stanbul', '\u0130stanbul'],
  ['with a dotted capital I, decomposed', 'I\u0307zmir', '\u0130zmir'],
  ['with a dotted small i', 'i\u0307rmak', '\u0130rmak'],
  ['with Greek capitals', '\u039d\u0399\u039a\u0397', '\u03bd\u03b9\u03ba\u03b7'],
];

describe('a user whose identifier is stored unnormalised', () => {
  let test: TestDatabase;
  let pool: pg.Pool;
  let db: NodePgDatabase & { $client: pg.Pool };

  beforeAll(async () => {
    test = await createDatabase();
    pool = testPool({ connectionString: test.url });
    db = drizzle(pool);
    await migrateAuth(db);
    await pool.query(`create extension citext; create table guests (id uuid primary key default gen_random_uuid(), email text,
      folded citext unique, bytes text collate "C", hash text)`);
    for (const name of ['email', 'bytes'])
      await pool.query(`create unique index on guests (lower(${name}))`);
  });
  afterAll(async () => {
    await pool.end();
    await test.drop();
  });

  const directory = (column: PgColumn) =>
    new DrizzleUserDirectory(db, createAuthSchema(), {
      users: { table: guests, id, email, identifier: column, passwordHash: hash },
      deadlineMs: 5000,
    });
  const put = async (column: string, value: string): Promise<string> => {
    const { rows } = await pool.query<{ id: string }>(
      `insert into guests (${column}) values ($1) returning id`,
      [value],
    );
    return rows[0]?.id ?? '';
  };
  const found = async (column: PgColumn, name: string) =>
    (await directory(column).findByIdentifier?.(name))?.account.id;

  describe.each([
    ['text', email],
    ['citext', folded],
    ['text of the collation "C"', bytes],
  ])('in a column of %s', (_kind, column) => {
    it.each(STORED)('%s: is found by the normalised identifier', async (_how, stored, typed) => {
      const own = await put(column.name, stored);
      const normal = typed.normalize('NFKC').toLowerCase().normalize('NFKC');
      expect(await found(column, normal)).toBe(own);
      await pool.query('truncate guests');
    });

    it('is not found, with a warning, when another user has the same name in another spelling', async () => {
      const both = [
        await put(column.name, `k${O_AND_DOTS}nig`),
        await put(column.name, `k${O_UMLAUT}nig`),
      ];
      await expect(found(column, `k${O_UMLAUT}nig`)).rejects.toMatchObject({
        reason: 'user_ambiguous',
        extra: { userIds: expect.arrayContaining(both) },
      });
      await pool.query('truncate guests');
    });

    it('is not found by a name that normalises differently', async () => {
      await put(column.name, 'istanbul');
      await put(column.name, 'jorg');
      expect(await found(column, 'i\u0307stanbul')).toBeUndefined();
      expect(await found(column, `j${O_UMLAUT}rg`)).toBeUndefined();
      await pool.query('truncate guests');
    });

    it('is looked up through the index', async () => {
      await pool.query(
        `insert into guests (${column.name}) select 'guest' || n from generate_series(1, 3000) n`,
      );
      await pool.query('analyze guests');
      const query = toQuery(
        sql`explain select * from ${guests} a where ${isSpelled(column, 'guest7', 'all')}`,
      );
      const { rows } = await pool.query<Record<string, string>>(query);
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toMatch(/Index Scan|Bitmap Index Scan/);
      expect(plan).not.toMatch(/Seq Scan/);
      await pool.query('truncate guests');
    });
  });
});
