import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { EventEmitterModule } from '@nestjs/event-emitter';
import {
  AuthModule,
  type AuthModuleOptions,
  AuthService,
  JwtAuthGuard,
  PasswordHasher,
} from '@tokenward/nestjs';
import type { AuthAlert, AuthEvent } from '@tokenward/nestjs/observe';
import { type HostApp, type HostDatabase, hostOptions, people, startHost } from './host-app.js';
import type { HttpAnswer, HttpClient } from './http.js';
import { PASSWORD } from './stage.js';

export interface ObservedHost extends HostApp {
  readonly auth: AuthService;
  readonly events: AuthEvent[];
  readonly alerts: AuthAlert[];
  /** A user with that role and the password of all tests. */
  add(kind?: string): Promise<{ readonly id: string; readonly email: string }>;
  logIn(client: HttpClient, email: string, changes?: LogIn): Promise<HttpAnswer>;
}

interface LogIn {
  readonly password?: string;
  readonly transport?: string;
  readonly userAgent?: string;
  /** Headers as a proxy would set them. */
  readonly ip?: string;
}

/** A host with `@nestjs/event-emitter` that records its events. */
export async function startObservedHost(
  database: HostDatabase,
  changes: Partial<AuthModuleOptions> = {},
): Promise<ObservedHost> {
  const events: AuthEvent[] = [];
  const alerts: AuthAlert[] = [];
  @Module({
    imports: [
      EventEmitterModule.forRoot({ wildcard: true }),
      AuthModule.forRoot({
        ...hostOptions(database, {
          onEvent: (event) => void events.push(event),
          onAlert: (alert) => void alerts.push(alert),
          ...changes,
        }),
        isGlobal: true,
      }),
    ],
    providers: [{ provide: APP_GUARD, useClass: JwtAuthGuard }],
  })
  class HostModule {}
  const host = await startHost(HostModule);
  host.app.getHttpAdapter().getInstance().set('trust proxy', true);
  const passwordHash = await host.app.get(PasswordHasher, { strict: false }).hash(PASSWORD);
  return {
    ...host,
    auth: host.app.get(AuthService, { strict: false }),
    events,
    alerts,
    async add(kind = 'member') {
      const email = `${crypto.randomUUID()}@people.test`;
      const [person] = await database.db
        .insert(people)
        .values({ mail: email, secret: passwordHash, kind, grants: [] })
        .returning();
      return { id: person?.ref ?? '', email };
    },
    logIn: (
      client,
      email,
      { password = PASSWORD, transport, userAgent = 'test', ip = '192.0.2.1' } = {},
    ) =>
      client.post(
        '/auth/login',
        { email, password, transport },
        { headers: { 'user-agent': userAgent, 'x-forwarded-for': ip } },
      ),
  };
}
