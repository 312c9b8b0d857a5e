import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { drizzleStorage } from './drizzle-storage.js';
import { useStore } from './session-fixture.fixture.js';

describe('a view of users', () => {
  const fixture = useStore();
  beforeAll(async () => {
    await fixture.pool
      .query(`create table person (id uuid primary key, email text, hash text, old_hash text);
      create table login (person uuid primary key, hash text);
      create function kept() returns trigger language plpgsql as $$ begin return new; end $$`);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const PLAIN = 'select id, email, hash from person';
  const COMPUTED = 'select id, email, coalesce(hash, old_hash) as hash from person';
  const JOINED =
    'select person.id, person.email, login.hash from person join login on login.person = person.id';
  const TRIGGER =
    'create trigger kept instead of update on NAME for each row execute function kept()';
  const RULE =
    'create rule kept as on update to NAME do instead update login set hash = new.hash where person = old.id';

  it.each([
    ['of one table', 'view', PLAIN, '', 0],
    ['of an expression', 'view', COMPUTED, '', 1],
    ['of an expression, with a trigger', 'view', COMPUTED, TRIGGER, 0],
    ['of two tables', 'view', JOINED, '', 1],
    ['of two tables, with a trigger', 'view', JOINED, TRIGGER, 0],
    ['of two tables, with a rule', 'view', JOINED, RULE, 0],
    ['that is materialized', 'materialized view', PLAIN, '', 1],
  ])(
    '%s: whether the boot warns that no hash can be replaced',
    async (what, kind, query, by, n) => {
      const name = what.replaceAll(/\W/g, '_');
      await fixture.pool.query(`create ${kind} ${name} as ${query}; ${by.replace('NAME', name)}`);
      const table = pgTable(name, { id: uuid(), email: text(), hash: text() });
      const { id, email, hash: passwordHash } = table;
      const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      await drizzleStorage(fixture.db, { users: { table, id, email, passwordHash } }).check?.();
      const warned = warn.mock.calls.filter(([line]) => String(line).includes('cannot update'));
      expect(warned).toHaveLength(n);
    },
  );
});
