import { describe, expect, it } from '@jest/globals';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import type { Database } from './database.js';
import { poolOf } from './host-pool.js';

describe('poolOf', () => {
  it('accepts the database of the supported versions, also with casing', () => {
    const pool = new Pool();
    for (const db of [drizzle(pool), drizzle(pool, { casing: 'snake_case' })])
      expect(poolOf(db as unknown as Database)).toBe(pool);
  });

  it('refuses that of drizzle-orm 1.0 in one line, which names the version to install', () => {
    // what its database has in the place of the casing
    const dialect = { codecs: {}, mapperGenerators: {}, shapeGenerator: {}, buildColumns: () => 0 };
    const next = { $client: new Pool(), dialect } as unknown as Database;
    expect(() => poolOf(next, 'migrateAuth')).toThrow(
      /^migrateAuth: works with drizzle-orm 0\.44 and 0\.45, .* install drizzle-orm@0\.45$/,
    );
  });
});
