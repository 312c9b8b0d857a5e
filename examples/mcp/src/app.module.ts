import { Module } from '@nestjs/common';
import { McpModule, McpTransportType } from '@rekog/mcp-nest';
import { AuthModule, JwtAuthGuard, keyDirectory } from '@tokenward/nestjs';
import { drizzleStorage } from '@tokenward/nestjs/drizzle';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { DatabaseModule, members } from './database.js';
import { MayRead, MayWrite, NotesTools } from './notes.tools.js';

const { PORT = '3000', PUBLIC_URL = `http://localhost:${PORT}` } = process.env;

@Module({
  imports: [
    DatabaseModule,
    AuthModule.forRootAsync({
      // the controllers of McpModule are in a module of their own
      isGlobal: true,
      inject: [Pool],
      useFactory: (pool: Pool) => ({
        issuer: PUBLIC_URL,
        audience: `${PUBLIC_URL}/mcp`,
        keys: { algorithm: 'ES256' as const },
        keySource: keyDirectory(process.env['KEY_DIRECTORY'] ?? 'keys'),
        storage: drizzleStorage(drizzle(pool), { users: { table: members, ...members } }),
        cookies: { secure: process.env['COOKIE_SECURE'] !== 'false' },
        // each 401 names the document that says who issues the tokens (RFC 9728)
        discovery: {
          resource: { resource: `${PUBLIC_URL}/mcp`, scopes: ['notes:read', 'notes:write'] },
        },
      }),
    }),
    McpModule.forRoot({
      name: 'notes',
      version: '1.0.0',
      // without this the module opens /sse and /messages, too
      transport: McpTransportType.STREAMABLE_HTTP,
      guards: [JwtAuthGuard],
    }),
  ],
  providers: [NotesTools, MayRead, MayWrite],
})
export class AppModule {}
