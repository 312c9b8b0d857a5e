import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type pg from 'pg';
import { createDatabase, type TestDatabase, testPool } from './support/databases.js';
import { jsonOf, tokenward } from './support/tokenward.js';

let database: TestDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  database = await createDatabase();
  pool = testPool({ connectionString: database.url, max: 2 });
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});
const env = () => ({ DATABASE_URL: database.url });

it('hashes wrap: wraps bcrypt hashes in Argon2id, once, and changes no other row', async () => {
  const bcrypt = '$2b$04$nAPPVppyF7u0uBJ88vCzHOoNVl7G/PTUqfuUNCIZYXLohgv3ZMLNK';
  await pool.query('create table "Members" ("Id" int primary key, "the""hash" varchar(60))');
  await pool.query(
    `insert into "Members" select n, $1 from generate_series(1, 5) n union all values (300, 'none'), (301, null)`,
    [bcrypt],
  );
  const line = 'hashes wrap --table Members --column the"hash --id-column Id';
  const asked = await tokenward(line, env());
  expect([asked.code, asked.error]).toEqual([2, expect.stringContaining('add --yes')]);
  const narrow = await tokenward(`${line} --yes`, env());
  expect([narrow.code, narrow.error]).toEqual([
    1,
    expect.stringContaining('character varying(60)'),
  ]);
  await pool.query('alter table "Members" alter "the""hash" type text');
  for (const wrapped of [5, 0])
    expect(jsonOf(await tokenward(`${line} --yes --json`, env()))).toEqual({ wrapped });
  const found = await pool.query<{ hash: string }>(
    'select "the""hash" as hash from "Members" order by "Id"',
  );
  const hashes = found.rows.map(({ hash }) => hash);
  expect(hashes.slice(5)).toEqual(['none', null]);
  expect(new Set(hashes.slice(0, 5)).size).toBe(5);
  for (const hash of hashes.slice(0, 5))
    expect(hash).toMatch(/^bcrypt\$2b\$04\$.{22}\$argon2id\$v=19\$m=19456/);
}, 120_000);

it('hashes wrap: pages by the value of the id, whatever the column is named', async () => {
  const bcrypt = '$2b$04$nAPPVppyF7u0uBJ88vCzHOoNVl7G/PTUqfuUNCIZYXLohgv3ZMLNK';
  // as text, 2 to 9 come after the 200 others
  await pool.query('create table members (id int primary key, hash text)');
  await pool.query(
    `insert into members select n, $1 from generate_series(1, 1199) n where n between 2 and 9 or n >= 1000`,
    [bcrypt],
  );
  const line = 'hashes wrap --table members --column hash --yes --json';
  expect(jsonOf(await tokenward(line, env()))).toEqual({ wrapped: 208 });
}, 120_000);
