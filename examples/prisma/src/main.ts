import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { PrismaPg } from '@prisma/adapter-pg';
import { AppModule } from './app.module.js';
import { prepareDatabase } from './database.module.js';
import { PrismaClient } from './generated/client.js';

await prepareDatabase();
const prisma = new PrismaClient({
  adapter: new PrismaPg(
    { connectionString: process.env['DATABASE_URL'] },
    { onPoolError: () => undefined },
  ),
});
const app = await NestFactory.create(AppModule.with(prisma));
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
