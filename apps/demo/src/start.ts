import type { Server } from 'node:http';
import { PasswordHasher } from '@tokenward/nestjs';
import type { FactorMethod } from '@tokenward/nestjs/options';
import { type DemoConfig, type ProviderSettings, toAccountOptions, toAuthOptions } from './config/index.js';
import { DATABASE, type DemoDatabase } from './database/database.module.js';
import { migrateAll } from './database/migrate.js';
import { startEmbeddedPostgres } from '../../../tools/embedded-postgres/index.js';
import { localProvider } from './elsewhere/local-provider.js';
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
  const local = localProvider(config);
  const providers = local?.providers ?? config.factors.providers ?? {};
  const methods = methodsOf(config, providers);
  // what somebody wrote is refused as early as a key
  if (!local) await methods;
  const [embedded, { createApp }, elsewhere] = await Promise.all([
    config.databaseUrl ? undefined : startEmbeddedPostgres({ dataDir: config.dataDir }),
    // most of the program, read while the database starts
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

/** Read where it is used: the start is no slower without it. */
async function methodsOf(config: DemoConfig, providers: ProviderSettings): Promise<readonly FactorMethod[]> {
  if (Object.keys(providers).length === 0) return [];
  const { signInElsewhere } = await import('./config/sign-in-elsewhere.js');
  return signInElsewhere(config, providers);
}
