import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AuthError } from '@tokenward/nestjs/verify';
import { AppModule } from './app.module.js';
import { ConfigError, readConfig } from './config.js';

/** After SIGTERM the process stops within 10 s, finished or not. */
const STOP_WITHIN_MS = 9_500;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const app = await NestFactory.create<NestExpressApplication>(AppModule.register(config), {
    logger: ['warn', 'error', 'fatal'],
    abortOnError: false,
  });
  app.disable('x-powered-by');
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    stopping ??= app.close().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  await app.listen(config.port, config.host);
  process.stdout.write(`Tokenward orders on ${await app.getUrl()}\n`);
}

main().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof AuthError;
  const code = (error as NodeJS.ErrnoException).code;
  if (expected || code === 'EADDRINUSE' || code === 'EACCES')
    process.stderr.write(`${(error as Error).message}\n`);
  else
    process.stderr.write(
      `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  process.exit(1);
});
