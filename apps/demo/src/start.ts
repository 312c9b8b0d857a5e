import type { Server } from 'node:http';
import { PasswordHasher } from '@tokenward/nestjs';
import { type DemoConfig, toAccountOptions, toAuthOptions } from './config/index.js';
import { DATABASE, type DemoDatabase } from './database/database.module.js';
import { migrateAll } from './database/migrate.js';
import { startEmbeddedPostgres } from '../../../tools/embedded-postgres/index.js';
import { lastAnswers } from './last-answers.js';
import { seedUsers } from './users/demo-users.js';

/** For requests under way; one that a client never finishes must not keep the rest from being stopped. */
const DRAIN_MS = 5_000;

export interface RunningDemo {
  readonly url: string;
  /** Stops taking requests, finishes those under way, stops what was started here. */
  stop(): Promise<void>;
}

/** Database, tables, keys, application, users: in this order, and undone in reverse when one of them fails. */
export async function startDemo(config: DemoConfig): Promise<RunningDemo> {
  // first of all: keys that are refused must not leave a database behind
  const auth = await toAuthOptions(config);
  // read where it is used: the start is no slower without it
  const elsewhere = config.factors.providers
    ? (await import('./config/sign-in-elsewhere.js')).signInElsewhere(config)
    : [];
  const [embedded, { createApp }] = await Promise.all([
    config.databaseUrl ? undefined : startEmbeddedPostgres({ dataDir: config.dataDir }),
    // most of the program, read while the database starts
    import('./app.js'),
  ]);
  try {
    const databaseUrl = config.databaseUrl ?? embedded?.url ?? '';
    await migrateAll(databaseUrl);
    const app = await createApp(config, {
      databaseUrl,
      redisUrl: config.redisUrl,
      auth,
      accounts: toAccountOptions(config),
      keySource: config.keySource,
      factors: config.factors,
      elsewhere,
      metrics: config.metricsPublic ? 'open' : 'loopback',
    });
    const server = app.getHttpServer() as Server;
    const closeAfterAnswers = lastAnswers(server);
    try {
      const database = app.get<DemoDatabase>(DATABASE);
      const hasher = app.get(PasswordHasher, { strict: false });
      await app.init();
      await seedUsers(database, hasher, config.users, (line) => process.stdout.write(`${line}\n`));
      await app.listen(config.port, config.host);
    } catch (error) {
      await app.close().catch(() => undefined);
      throw error;
    }
    const stop = async (): Promise<void> => {
      closeAfterAnswers();
      const impatience = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
      await app.close();
      clearTimeout(impatience);
      await embedded?.stop();
    };
    return { url: await app.getUrl(), stop };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}
