import { Module } from '@nestjs/common';
import { AuthModule, keyDirectory } from '@tokenward/nestjs';
import { drizzleStorage } from '@tokenward/nestjs/drizzle';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { DatabaseModule } from './database.module.js';
import { MembersController } from './members.controller.js';
import { TypeormUsers } from './typeorm-users.js';

@Module({
  imports: [
    DatabaseModule,
    AuthModule.forRootAsync({
      inject: [Pool, DataSource],
      useFactory: (pool: Pool, dataSource: DataSource) => ({
        issuer: 'http://localhost:3000',
        audience: 'http://localhost:3000',
        keys: { algorithm: 'ES256' },
        keySource: keyDirectory(process.env['KEY_DIRECTORY'] ?? 'keys'),
        storage: drizzleStorage(drizzle(pool)),
        users: new TypeormUsers(dataSource),
        cookies: { secure: process.env['COOKIE_SECURE'] !== 'false' },
      }),
    }),
  ],
  controllers: [MembersController],
})
export class AppModule {}
