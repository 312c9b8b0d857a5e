import { readFile } from 'node:fs/promises';
import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { migrateAuth } from '@tokenward/nestjs/drizzle';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { Member } from './member.entity.js';

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

/** Tokenward's tables, and a users table with three users. */
export async function prepareDatabase(): Promise<void> {
  const pool = openPool();
  await migrateAuth(drizzle(pool));
  await pool.query(await readFile(new URL('../schema.sql', import.meta.url), 'utf8'));
  await pool.end();
}

@Global()
@Module({
  providers: [
    { provide: Pool, useFactory: openPool },
    {
      provide: DataSource,
      useFactory: () =>
        new DataSource({
          type: 'postgres',
          url: process.env['DATABASE_URL'],
          entities: [Member],
          poolErrorHandler: () => undefined,
        }).initialize(),
    },
  ],
  exports: [Pool, DataSource],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(DataSource) private readonly dataSource: DataSource,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.dataSource.destroy();
    await this.pool.end();
  }
}
