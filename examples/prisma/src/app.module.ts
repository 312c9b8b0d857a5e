import { type DynamicModule, Module } from '@nestjs/common';
import { AuthModule, keyDirectory } from '@tokenward/nestjs';
import { drizzleStorage } from '@tokenward/nestjs/drizzle';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { AccountsController } from './accounts.controller.js';
import { ACCOUNTS, type AccountsClient } from './accounts-client.js';
import { DatabaseModule } from './database.module.js';
import { PrismaUsers } from './prisma-users.js';

@Module({ controllers: [AccountsController] })
export class AppModule {
  static with(prisma: AccountsClient): DynamicModule {
    const auth = AuthModule.forRootAsync({
      inject: [Pool, ACCOUNTS],
      useFactory: (pool: Pool, accounts: AccountsClient) => ({
        issuer: 'http://localhost:3000',
        audience: 'http://localhost:3000',
        keys: { algorithm: 'ES256' },
        keySource: keyDirectory(process.env['KEY_DIRECTORY'] ?? 'keys'),
        storage: drizzleStorage(drizzle(pool)),
        users: new PrismaUsers(accounts),
        cookies: { secure: process.env['COOKIE_SECURE'] !== 'false' },
      }),
    });
    return { module: AppModule, imports: [DatabaseModule.with(prisma), auth] };
  }
}
