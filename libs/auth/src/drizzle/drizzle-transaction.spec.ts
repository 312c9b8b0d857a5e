import { describe, expect, it } from '@jest/globals';
import { drizzle, NodePgTransaction } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import type { HostTransaction } from '../storage/sql-transaction.port.js';
import { drizzleTransaction } from './drizzle-transaction.js';

/** As @nestjs-cls/transactional makes one for `@InjectTransaction`. */
function behindProxy(target: object): HostTransaction {
  return new Proxy({} as HostTransaction, {
    get: (_, name) => {
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' && name !== 'constructor'
        ? (value.bind(target) as unknown)
        : value;
    },
  });
}

describe('drizzleTransaction', () => {
  const db = drizzle(new Pool());

  it('knows a transaction behind a proxy', async () => {
    const tx = Object.assign(Object.create(NodePgTransaction.prototype) as object, {
      execute: () => Promise.resolve({ rows: [{ one: 1 }] }),
    });
    const asked = drizzleTransaction(behindProxy(tx)).query('select $1', [1]);
    expect(await asked).toEqual([{ one: 1 }]);
  });

  it('refuses the database itself, also behind one', async () => {
    for (const handle of [db as unknown as HostTransaction, behindProxy(db)])
      await expect(drizzleTransaction(handle).query('select 1', [])).rejects.toThrow(
        'is not a transaction of Drizzle',
      );
  });

  // as without TypeScript, or where a proxy stands outside of its transaction
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'tx'],
    ['an object without a constructor', Object.create(null)],
    ['an arrow function for a constructor', { constructor: () => undefined }],
    ['a number for a prototype', { constructor: { prototype: 5 } }],
  ])('refuses %s', async (_, given) => {
    await expect(
      drizzleTransaction(given as HostTransaction).query('select 1', []),
    ).rejects.toThrow('is not a transaction of Drizzle');
  });
});
