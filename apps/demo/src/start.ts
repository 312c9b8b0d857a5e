import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { PasswordHasher } from '@tokenward/nestjs';
import type { FactorMethod } from '@tokenward/nestjs/options';
import {
  type DemoConfig,
  type ProviderSettings,
  toAccountOptions,
  toAuthOptions,
} from './config/index.js';
import { DATABASE, type DemoDatabase } from './database/database.module.js';
import { tellingNoValues } from './database/failed-query.js';
import { migrateAll } from './database/migrate.js';
import { startEmbeddedPostgres } from '../../../tools/embedded-postgres/index.js';
import { localProvider } from './elsewhere/local-provider.js';
import { lastAnswers } from './last-answers.js';
import { seedUsers } from './users/demo-users.js';

/** For requests under way. A request that a client never finishes must not delay the rest of the stop. */
const DRAIN_MS = 5_000;

export interface RunningDemo {
  readonly url: string;
  /** Stops taking requests, finishes those under way, and stops everything that was started here. */
  stop(): Promise<void>;
}

/** Starts database, tables, keys, application and users in this order, and undoes them in reverse if one fails. */
export async function startDemo(config: DemoConfig): Promise<RunningDemo> {
  // first, so that refused keys do not leave a database behind
  const auth = await toAuthOptions(config);
  const local = localProvider(config);
  const providers = local?.providers ?? config.factors.providers ?? {};
  const methods = methodsOf(config, providers);
  // configured providers are checked as early as keys
  if (!local) await methods;
  const [embedded, { createApp }, elsewhere] = await Promise.all([
    config.databaseUrl ? undefined : startEmbeddedPostgres({ dataDir: config.dataDir }),
    // most of the program, loaded while the database starts
    import('./app.js'),
    methods,
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
      elsewhere: { methods: elsewhere, names: Object.keys(providers), local },
      metrics: config.metricsPublic ? 'open' : 'loopback',
    });
    const server = app.getHttpServer() as Server;
    const closeAfterAnswers = lastAnswers(server);
    await open(app, config);
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

/** Makes the users and listens; closes the application if one of them fails. */
async function open(app: INestApplication, config: DemoConfig): Promise<void> {
  try {
    const database = app.get<DemoDatabase>(DATABASE);
    const hasher = app.get(PasswordHasher, { strict: false });
    await app.init();
    const print = (line: string): void => void process.stdout.write(`${line}\n`);
    await tellingNoValues(seedUsers(database, hasher, config.users, print));
    await app.listen(config.port, config.host);
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
}

/** Loaded only when used, so that the start is not slower without it. */
async function methodsOf(
  config: DemoConfig,
  providers: ProviderSettings,
): Promise<readonly FactorMethod[]> {
  if (Object.keys(providers).length === 0) return [];
  const { signInElsewhere } = await import('./config/sign-in-elsewhere.js');
  return signInElsewhere(config, providers);
}
