import { describe, expect, it } from '@jest/globals';
import { pgSchema, text } from 'drizzle-orm/pg-core';
import { indexAdvice } from './user-index.js';

const table = pgSchema('Shop').table('Users', {
  id: text('Id'),
  shop: text('shopId'),
  email: text('eMail'),
});
const { id, shop, email } = table;
const users = { table, id, email, tenant: shop, passwordHash: id };
const FULL = '"Shop"."Users"';

describe('the index of the users table', () => {
  it('is suggested as a statement that the database accepts', () => {
    expect(indexAdvice(users, FULL, null)).toContain(
      'CREATE UNIQUE INDEX CONCURRENTLY ON "Shop"."Users" ("shopId", lower("eMail"))',
    );
  });

  it.each([
    ['LIST ("shopId")', 'CREATE UNIQUE INDEX ON "Shop"."Users" ("shopId", lower("eMail"))'],
    ['HASH ("Id")', 'CREATE INDEX ON "Shop"."Users" ("shopId", lower("eMail"))'],
  ])('of a table that is partitioned by %s', (by, statement) => {
    const index = (unique: string) => [
      `CREATE ${unique}INDEX some ON ONLY "Shop"."Users" USING btree ("shopId", lower("eMail"))`,
    ];
    expect(indexAdvice(users, FULL, null, by)).toContain(`; ${statement}`);
    expect(indexAdvice(users, FULL, index('UNIQUE '), by)).toBeUndefined();
    expect(indexAdvice(users, FULL, index(''), by) === undefined).toBe(by.startsWith('HASH'));
  });

  it.each([
    ['of that statement', '("shopId", lower("eMail"))', false],
    ['of a varchar column', '("shopId", lower(("eMail")::text))', false],
    ['without the tenant', '(lower("eMail"))', true],
    ['of the column as it is', '("shopId", "eMail")', true],
    ['of another column', '("shopId", lower("Name"))', true],
  ])('one %s', (_of, columns, isMissed) => {
    const index = `CREATE UNIQUE INDEX some ON "Shop"."Users" USING btree ${columns}`;
    expect(indexAdvice(users, FULL, [index]) !== undefined).toBe(isMissed);
  });

  it('one that PostgreSQL writes with all names quoted', () => {
    const index = `CREATE UNIQUE INDEX "some" ON "Shop"."Users" USING "btree" ("shopId", "lower"(("eMail")::"text"))`;
    expect(indexAdvice(users, FULL, [index])).toBeUndefined();
  });

  it.each([
    ['on the column as it is', '("shopId", "eMail")', false],
    ['of its lower case', '("shopId", lower(("eMail")::text))', true],
    ['where it is not empty', `("shopId", "Name") WHERE (("eMail")::text <> ''::text)`, true],
  ])('one of a citext column %s', (_of, columns, isMissed) => {
    const folded = { ...users, email: { name: 'eMail', getSQLType: () => 'citext' } };
    const advice = indexAdvice(folded, FULL, [
      `CREATE UNIQUE INDEX some ON "Shop"."Users" USING btree ${columns}`,
    ]);
    expect(advice?.includes('CONCURRENTLY ON "Shop"."Users" ("shopId", "eMail")') ?? false).toBe(
      isMissed,
    );
  });
});
