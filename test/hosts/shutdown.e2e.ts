import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { AuthModule, AuthService } from '@tokenward/nestjs';
import { drizzleStorage } from '@tokenward/nestjs/drizzle';
import { drizzle } from 'drizzle-orm/node-postgres';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { testPool } from '../support/databases.js';
import {
  hostDatabase,
  type HostDatabase,
  hostOptions,
  PATIENT,
  PEOPLE,
  people,
} from '../support/host-app.js';
import { httpClient } from '../support/http.js';

let database: HostDatabase;
beforeAll(async () => {
  database = await hostDatabase();
}, 60_000);
afterAll(() => database.drop());

/** As the guide has it. Nest calls its hook before those of `AuthModule`, which is global. */
class Connections implements OnApplicationShutdown {
  readonly pool: Pool = testPool({ connectionString: database.url });
  onApplicationShutdown(): Promise<void> {
    return this.pool.end();
  }
}

@Module({ providers: [Connections], exports: [Connections] })
class ConnectionsModule {}

it('a host that closes its pool loses no audit record and no request under way', async () => {
  let asked = (): void => undefined;
  const auth = AuthModule.forRootAsync({
    isGlobal: true,
    imports: [ConnectionsModule],
    inject: [Connections],
    useFactory: ({ pool }: Connections) => ({
      ...hostOptions(database),
      storage: drizzleStorage(drizzle(pool), { users: PEOPLE, deadline: PATIENT }),
      accessToken: {
        claims: async () => {
          asked();
          await sleep(300);
          return {};
        },
      },
    }),
  });
  @Module({ imports: [auth] })
  class Host {}
  const app = await NestFactory.create(Host, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  const mail = `${crypto.randomUUID()}@people.test`;
  const [person] = await database.db.insert(people).values({ mail, kind: 'member' }).returning();
  const { grant } = await app
    .get(AuthService, { strict: false })
    .openSession(person?.ref ?? '', { transport: 'bearer', secondFactor: 'satisfied' });
  const { refreshToken } = grant;
  const underWay = new Promise<void>((resolve) => (asked = resolve));
  // a connection that is kept alive would hold up the stop until the records are written anyway
  const headers = { connection: 'close' };
  const client = httpClient(await app.getUrl());
  const refresh = client.post('/auth/refresh', { refreshToken }, { headers });
  await underWay;
  await app.close();
  expect((await refresh).status).toBe(200);
  const { rows } = await database.pool.query<{ type: string }>(
    'select type from auth_audit where subject = $1 order by at',
    [person?.ref],
  );
  expect(rows.map(({ type }) => type)).toContain('refresh.rotated');
}, 60_000);
