import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  AuthModule,
  JwtAuthGuard,
  keyDirectory,
  type AuthOptions,
  type KeySource,
} from '@tokenward/nestjs';
import type { AccountOptions, FactorMethod } from '@tokenward/nestjs/options';
import { AuthMetrics } from '@tokenward/nestjs/observe';
import { drizzleKeySource, drizzleStorage } from '@tokenward/nestjs/drizzle';
import { redisConnection } from '@tokenward/nestjs/redis';
import type { Redis } from 'ioredis';
import type { FactorSettings, KeySourceSettings } from './config/index.js';
import { AccountController, PROVIDERS } from './account/account.controller.js';
import { AdminController } from './admin/admin.controller.js';
import {
  DATABASE,
  DatabaseModule,
  type DatabaseSettings,
  type DemoDatabase,
  REDIS,
} from './database/database.module.js';
import { users } from './database/schema.js';
import type { LocalProvider } from './elsewhere/local-provider.js';
import { EventFeed } from './events/event-feed.service.js';
import { EventsGateway } from './events/events.gateway.js';
import { factorOptions } from './factors/factor-options.js';
import { HealthController } from './health/health.controller.js';
import { Mailbox } from './mailbox/mailbox.js';
import { MailboxController } from './mailbox/mailbox.controller.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { DemoMetrics } from './metrics/metrics.service.js';
import { NotesController } from './notes/notes.controller.js';

/** Sign-in at OpenID providers. */
export interface ElsewhereSettings {
  readonly methods: readonly FactorMethod[];
  readonly names: readonly string[];
  /** Answered by the demo itself; undefined: none. */
  readonly local: LocalProvider | undefined;
}

export interface AppSettings extends DatabaseSettings {
  readonly auth: AuthOptions;
  /** Of the mailed links; the messages go to the mailbox. */
  readonly accounts: Omit<AccountOptions, 'mail'>;
  /** Keys that rotate. */
  readonly keySource: KeySourceSettings | undefined;
  readonly factors: FactorSettings;
  readonly elsewhere: ElsewhereSettings;
  /** Whether `/metrics` answers others than loopback. */
  readonly metrics: 'loopback' | 'open';
}

const userColumns = {
  table: users,
  id: users.id,
  email: users.email,
  name: users.name,
  passwordHash: users.passwordHash,
  role: users.role,
  permissions: users.permissions,
  disabled: users.disabled,
  emailVerified: users.emailVerified,
};

/** The demo: every route needs an access token unless it says `@Public()`. */
@Module({})
export class AppModule {
  static register(settings: AppSettings): DynamicModule {
    const feed = new EventFeed();
    const mailbox = new Mailbox();
    return {
      module: AppModule,
      imports: [
        DatabaseModule.register(settings),
        AuthModule.forRootAsync({
          isGlobal: true,
          routes: { register: true },
          inject: [DATABASE, REDIS],
          useFactory: async (database: DemoDatabase, redis: Redis | undefined) => ({
            ...settings.auth,
            accounts: { ...settings.accounts, mail: (mail) => mailbox.take(mail) },
            storage: drizzleStorage(database, { users: userColumns }),
            factors: await factorOptions(settings.factors, settings.elsewhere.methods, database),
            keySource: keySourceOf(settings.keySource, database),
            redis: redis && redisConnection(redis),
            onEvent: (event) => {
              feed.take(event);
            },
          }),
        }),
      ],
      controllers: [
        AccountController,
        NotesController,
        AdminController,
        HealthController,
        MetricsController,
        MailboxController,
      ],
      providers: [
        { provide: APP_GUARD, useClass: JwtAuthGuard },
        {
          provide: DemoMetrics,
          useFactory: (metrics: AuthMetrics) => new DemoMetrics(metrics, settings.metrics),
          inject: [AuthMetrics],
        },
        { provide: PROVIDERS, useValue: settings.elsewhere.names },
        { provide: EventFeed, useValue: feed },
        { provide: Mailbox, useValue: mailbox },
        EventsGateway,
      ],
    };
  }
}

function keySourceOf(
  settings: KeySourceSettings | undefined,
  database: DemoDatabase,
): KeySource | undefined {
  const { directory, encryptionKeys } = settings ?? {};
  if (encryptionKeys) return drizzleKeySource(database, { encryptionKeys });
  return directory === undefined ? undefined : keyDirectory(directory);
}
