import { afterEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { drizzleStorage } from './drizzle-storage.js';
import { useStore } from './session-fixture.fixture.js';

const fixture = useStore();
afterEach(() => {
  jest.restoreAllMocks();
});

// T-pt1n
it.each([
  ['hash (id)', 'id', /another table can keep it unique/],
  ['list (shop)', 'shop, id', /has no unique index/],
])(
  'the boot’s advice for users that are partitioned by %s is a statement that PostgreSQL takes, and then it is silent',
  async (by, key, lacks) => {
    const name = `people_by_${by.slice(0, 4)}`;
    await fixture.pool.query(
      `create table ${name} (id uuid not null, shop text, email text, hash text, primary key (${key})) partition by ${by}`,
    );
    const table = pgTable(name, { id: uuid(), shop: text(), email: text(), hash: text() });
    const { id, shop: tenant, email, hash: passwordHash } = table;
    const users = { table, id, tenant, email, passwordHash };
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    await drizzleStorage(fixture.db, { users }).check?.();
    const [[advice] = []] = warn.mock.calls;
    expect(advice).toMatch(lacks);
    await fixture.pool.query(String(advice).split('; ').at(-1) ?? '');
    warn.mockClear();
    await drizzleStorage(fixture.db, { users }).check?.();
    expect(warn).not.toHaveBeenCalled();
  },
);
