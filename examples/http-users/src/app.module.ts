import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { AuthModule, keyDirectory } from '@tokenward/nestjs';
import { drizzleStorage, migrateAuth } from '@tokenward/nestjs/drizzle';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { ProfileController } from './profile.controller.js';
import { RemoteUsers } from './remote-users.js';

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

/** Only Tokenward's tables, because another service keeps the users. */
export async function prepareDatabase(): Promise<void> {
  const pool = openPool();
  await migrateAuth(drizzle(pool));
  await pool.end();
}

@Global()
@Module({ providers: [{ provide: Pool, useFactory: openPool }], exports: [Pool] })
class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(Pool) private readonly pool: Pool) {}

  onApplicationShutdown(): Promise<void> {
    return this.pool.end();
  }
}

@Module({
  imports: [
    DatabaseModule,
    AuthModule.forRootAsync({
      inject: [Pool],
      useFactory: (pool: Pool) => ({
        issuer: 'http://localhost:3000',
        audience: 'http://localhost:3000',
        keys: { algorithm: 'ES256' },
        keySource: keyDirectory(process.env['KEY_DIRECTORY'] ?? 'keys'),
        storage: drizzleStorage(drizzle(pool)),
        users: new RemoteUsers(process.env['USERS_URL'] ?? 'http://127.0.0.1:4000'),
        cookies: { secure: process.env['COOKIE_SECURE'] !== 'false' },
      }),
    }),
  ],
  controllers: [ProfileController],
})
export class AppModule {}
