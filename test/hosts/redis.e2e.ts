import { Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthModule } from '@tokenward/nestjs';
import { redisConnection } from '@tokenward/nestjs/redis';
import { Redis, type RedisOptions } from 'ioredis';
import { expectSignOutSeen, Things } from '../support/guarded-things.js';
import { type HostDatabase, hostDatabase, hostOptions, startHost } from '../support/host-app.js';
import { privateRedis, type PrivateServer } from '../support/private-servers.js';
import { claimsOf } from '../support/stage.js';
import { until } from '../support/until.js';

const PASSWORD = 'a long enough passphrase';

/** Not one of these settings of a host's client may change what a host answers. */
const SETTINGS: readonly (RedisOptions & { readonly name: string })[] = [
  { name: 'none' },
  { name: 'keyPrefix', keyPrefix: 'shop:' },
  { name: 'lazyConnect', lazyConnect: true },
  { name: 'enableOfflineQueue: false', enableOfflineQueue: false },
  { name: 'maxRetriesPerRequest: null', maxRetriesPerRequest: null },
  { name: 'maxRetriesPerRequest: 0', maxRetriesPerRequest: 0 },
  { name: 'enableReadyCheck: false', enableReadyCheck: false },
  { name: 'commandTimeout', commandTimeout: 500 },
  { name: 'socketTimeout', socketTimeout: 5_000 },
  { name: 'stringNumbers', stringNumbers: true },
  { name: 'a database by its number', db: 3 },
  { name: 'autoPipelining', enableAutoPipelining: true },
  { name: 'a connection name', connectionName: 'shop' },
  { name: 'no retries', retryStrategy: () => null },
];

let server: PrivateServer;
let database: HostDatabase;
beforeAll(async () => {
  [server, database] = await Promise.all([privateRedis(), hostDatabase()]);
});
afterAll(async () => {
  await database.drop();
  await server.stop();
});

describe("settings of a host's ioredis client", () => {
  // T-6tzq
  it.each(SETTINGS)(
    '$name: a logout at one process is felt at the other, through Redis',
    async ({ name, ...settings }) => {
      const clients: Redis[] = [];
      const options = hostOptions(database);
      const start = () => {
        const client = new Redis(server.url, settings);
        client.on('error', () => undefined);
        clients.push(client);
        @Module({
          imports: [
            AuthModule.forRoot({
              ...options,
              storage: database.storage(),
              redis: redisConnection(client),
              routes: { register: true },
            }),
          ],
          controllers: [Things],
        })
        class Host {}
        return startHost(Host);
      };
      const hosts = [await start(), await start()];
      const doors = hosts.map((host) => host.client());
      try {
        const number = SETTINGS.findIndex((each) => each.name === name);
        const account = { email: `${String(number)}@example.com`, password: PASSWORD };
        expect((await doors[0]!.post('/auth/register', account)).status).toBe(201);
        const accessToken = await expectSignOutSeen(doors, account);
        const looking = new Redis(server.url, { db: settings.db ?? 0 });
        const key = `${settings.keyPrefix ?? ''}session:revoked:${String(claimsOf(accessToken)['sid'])}`;
        await until(async () => (await looking.exists(key)) === 1).finally(() =>
          looking.disconnect(),
        );
      } finally {
        await Promise.all(hosts.map((host) => host.close()));
        for (const client of clients) client.disconnect();
      }
    },
  );
});
