import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { pool } from './database.js';

/** Does what `main.ts` of the tutorial does, for a test that must stop it. */
export async function start() {
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  return {
    url: await app.getUrl(),
    async stop() {
      await app.close();
      await pool.end();
    },
  };
}
