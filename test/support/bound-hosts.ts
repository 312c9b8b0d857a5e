import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import {
  AuthModule,
  type AuthModuleOptions,
  CurrentUser,
  JwtAuthGuard,
  PasswordHasher,
  RequireBound,
} from '@tokenward/nestjs';
import type { DrizzleStorageOptions } from '@tokenward/nestjs/drizzle';
import type { AuthAlert, AuthEvent } from '@tokenward/nestjs/observe';
import { ManualClock } from '@tokenward/nestjs/testing';
import { OptionalAuth } from '@tokenward/nestjs/verify';
import { hostDatabase, type HostApp, hostOptions, people, startHost } from './host-app.js';
import type { HttpClient } from './http.js';

export const PASSWORD = 'a long enough passphrase';
export const REQUIRED =
  '{"statusCode":403,"error":"Forbidden","message":"Bound session required","code":"device_required"}';

@Controller('who')
@UseGuards(JwtAuthGuard)
class Who {
  @Get()
  who(@CurrentUser('id') id: string) {
    return { id };
  }
  @Get('maybe')
  @OptionalAuth()
  maybe(@CurrentUser('id') id: string | undefined) {
    return { id };
  }
  @Get('bound')
  @RequireBound()
  bound(@CurrentUser('bound') bound: string) {
    return { bound };
  }
}

export interface BoundHost extends Partial<AuthModuleOptions> {
  readonly adapter?: 'express' | 'fastify';
  readonly globalPrefix?: string;
  /** Of its storage. */
  readonly deadline?: DrizzleStorageOptions['deadline'];
}

/**
 * Processes of one deployment with one database, signing key, secret and stopped clock. `kinds`: the users, by email.
 */
export async function boundHosts<Name extends string>(
  given: Readonly<Record<Name, BoundHost>>,
  kinds: Readonly<Record<string, 'user' | 'admin'>>,
) {
  const database = await hostDatabase();
  const clock = new ManualClock();
  const events: AuthEvent[] = [];
  const alerts: AuthAlert[] = [];
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const secret = `s1:${randomBytes(32).toString('base64url')}`;
  const start = ({ adapter, globalPrefix, deadline, ...changes }: BoundHost): Promise<HostApp> => {
    const options = hostOptions(database, {
      storage: database.storage(deadline),
      keys: { algorithm: 'ES256', privateKey },
      refreshToken: { secrets: [secret] },
      onEvent: (event) => void events.push(event),
      onAlert: (alert) => void alerts.push(alert),
      clock,
      ...changes,
    });
    @Module({ imports: [AuthModule.forRoot(options)], controllers: [Who] })
    class Host {}
    return startHost(Host, adapter, globalPrefix);
  };
  const hosts = {} as Record<Name, HostApp>;
  for (const name of Object.keys(given) as Name[]) hosts[name] = await start(given[name]);
  const [first] = Object.values<HostApp>(hosts);
  const hash = (await first?.app.get(PasswordHasher).hash(PASSWORD)) ?? '';
  await database.db
    .insert(people)
    .values(Object.entries(kinds).map(([mail, kind]) => ({ mail, kind, secret: hash })));
  return {
    hosts,
    database,
    clock,
    events,
    alerts,
    /** The row of the session that was opened last. */
    row: async () =>
      (
        await database.pool.query<Record<string, unknown>>(
          'select * from auth_sessions order by created_at desc limit 1',
        )
      ).rows[0],
    close: async () => {
      for (const host of Object.values<HostApp>(hosts)) await host.close();
      await database.drop();
    },
  };
}

export type BoundHosts<Name extends string> = Awaited<ReturnType<typeof boundHosts<Name>>>;

/** A client with the same cookies at another process. */
export function cookiesAt(host: HostApp, { jar }: HttpClient): HttpClient {
  const other = host.client();
  for (const name of jar.names())
    other.jar.set(name, jar.get(name) ?? '', name === 'access_token' ? '/' : '/auth');
  return other;
}
