import { readFile } from 'node:fs/promises';
import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { migrateAuth } from '@tokenward/nestjs/drizzle';
import { drizzle } from 'drizzle-orm/node-postgres';
import { pgTable, serial, text } from 'drizzle-orm/pg-core';
import { Pool } from 'pg';

export const members = pgTable('members', {
  id: serial('id').primaryKey(),
  email: text('email').notNull(),
  passwordHash: text('password_hash'),
  permissions: text('permissions').array().notNull(),
});

function openPool(): Pool {
  const pool = new Pool({
    connectionString: process.env['DATABASE_URL'],
    // without it a request waits for ever if the server does not answer
    connectionTimeoutMillis: 2_000,
  });
  // without a listener the process ends when PostgreSQL restarts
  pool.on('error', () => undefined);
  return pool;
}

/** Tokenward's tables, and a users table with two users. */
export async function prepareDatabase(): Promise<void> {
  const pool = openPool();
  await migrateAuth(drizzle(pool));
  await pool.query(await readFile(new URL('../schema.sql', import.meta.url), 'utf8'));
  await pool.end();
}

@Global()
@Module({ providers: [{ provide: Pool, useFactory: openPool }], exports: [Pool] })
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(Pool) private readonly pool: Pool) {}

  onApplicationShutdown(): Promise<void> {
    return this.pool.end();
  }
}
