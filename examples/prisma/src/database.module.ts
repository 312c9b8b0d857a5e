import { readFile } from 'node:fs/promises';
import {
  type DynamicModule,
  Global,
  Inject,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { migrateAuth } from '@tokenward/nestjs/drizzle';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { ACCOUNTS, type AccountsClient } from './accounts-client.js';

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
@Module({ providers: [{ provide: Pool, useFactory: openPool }], exports: [Pool] })
export class DatabaseModule implements OnApplicationShutdown {
  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(ACCOUNTS) private readonly accounts: AccountsClient,
  ) {}

  /** The client's connections, in addition to Tokenward's. */
  static with(accounts: AccountsClient): DynamicModule {
    const client = { provide: ACCOUNTS, useValue: accounts };
    return { module: DatabaseModule, providers: [client], exports: [ACCOUNTS] };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.accounts.$disconnect();
    await this.pool.end();
  }
}
