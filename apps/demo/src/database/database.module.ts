import {
  type DynamicModule,
  Inject,
  Logger,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { Redis } from 'ioredis';
import pg from 'pg';
import { DatabaseFailures } from './database-failures.interceptor.js';
import * as schema from './schema.js';

export type DemoDatabase = NodePgDatabase<typeof schema> & { $client: pg.Pool };

/** Injection tokens of the demo's own connections. Tokenward uses them and never closes them. */
export const DATABASE = Symbol('DATABASE');
export const REDIS = Symbol('REDIS');

export interface DatabaseSettings {
  readonly databaseUrl: string;
  readonly redisUrl?: string;
}

const STATEMENT_TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 1_500;

export function openDatabase(databaseUrl: string): DemoDatabase {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: 10_000,
    keepAlive: true,
  });
  // an idle connection that the server closes must not end the process; the next query opens a new one
  pool.on('error', (error) => {
    new Logger('Database').warn(`an idle connection was lost: ${error.message}`);
  });
  return drizzle(pool, { schema });
}

function openRedis(redisUrl: string): Redis {
  const redis = new Redis(redisUrl, {
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    connectTimeout: 1_000,
  });
  const logger = new Logger('Redis');
  let silent = false;
  redis.on('error', (error: Error) => {
    if (!silent)
      logger.warn(`cannot be reached: ${error.message}; revocations travel through Postgres`);
    silent = true;
  });
  redis.on('ready', () => {
    if (silent) logger.log('back');
    silent = false;
  });
  return redis;
}

@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(
    @Inject(DATABASE) private readonly database: DemoDatabase,
    @Inject(REDIS) private readonly redis: Redis | undefined,
  ) {}

  static register(settings: DatabaseSettings): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        { provide: DATABASE, useFactory: () => openDatabase(settings.databaseUrl) },
        {
          provide: REDIS,
          useFactory: () => (settings.redisUrl ? openRedis(settings.redisUrl) : undefined),
        },
        { provide: APP_INTERCEPTOR, useClass: DatabaseFailures },
      ],
      exports: [DATABASE, REDIS],
    };
  }

  /** Closed last, because modules are shut down in the reverse order of their imports. */
  async onApplicationShutdown(): Promise<void> {
    this.redis?.disconnect();
    await this.database.$client.end();
  }
}
