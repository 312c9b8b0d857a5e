import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { AuthModule, AuthService, JwtAuthGuard } from '@tokenward/nestjs';
import { redisConnection } from '@tokenward/nestjs/redis';
import type { Cluster, Redis } from 'ioredis';
import {
  hostDatabase,
  hostOptions,
  people,
  startHost,
  type HostApp,
  type HostDatabase,
} from '../support/host-app.js';
import { httpClient } from '../support/http.js';
import { bearer, claimsOf } from '../support/stage.js';
import type { Deployment, Where } from './fault-cluster.js';

@Controller()
class Things {
  @Get('things')
  @UseGuards(JwtAuthGuard)
  things(): string {
    return 'ok';
  }
}

/** Two hosts and a resource server inside this process, each with an ioredis client that the test makes. */
export async function startHosts(
  connect: () => Redis | Cluster,
): Promise<Deployment & { close(): Promise<void> }> {
  const database = await hostDatabase();
  // what is still connected when the database is dropped
  database.pool.on('error', () => undefined);
  const clients: (Redis | Cluster)[] = [];
  const redis = () => {
    const client = connect();
    client.on('error', () => undefined);
    clients.push(client);
    return redisConnection(client);
  };
  const options = hostOptions(database);
  const issuing = async (): Promise<HostApp> => {
    @Module({
      imports: [AuthModule.forRoot({ ...options, storage: database.storage(), redis: redis() })],
      controllers: [Things],
    })
    class Host {}
    return startHost(Host);
  };
  const [a, b] = [await issuing(), await issuing()];
  const { issuer, audience } = options;
  @Module({
    imports: [
      AuthModule.forResourceServer({
        ...{ issuer, audience, redis: redis() },
        jwks: { url: `${a.url}/.well-known/jwks.json`, algorithms: ['ES256'] },
        revocation: { unproven: 'refuse' },
      }),
    ],
    controllers: [Things],
  })
  class Verifier {}
  const hosts: Record<Where, HostApp> = { a, b, verifier: await startHost(Verifier) };
  const service = (which: 'a' | 'b') => hosts[which].app.get(AuthService, { strict: false });
  const userId = await addPerson(database);
  return {
    async signIn() {
      const { grant } = await service('a').openSession(userId, { transport: 'bearer' });
      return { text: grant.accessToken, sessionId: String(claimsOf(grant.accessToken)['sid']) };
    },
    revoke: async (by, { sessionId }) =>
      (await service(by).revokeSession(sessionId)) === 'ended' ? 204 : 404,
    ask: (which, { text }, withinMs = 8_000) =>
      httpClient(hosts[which].url)
        .get('/things', { ...bearer(text), signal: AbortSignal.timeout(withinMs) })
        .then(
          ({ status }) => status,
          () => 0,
        ),
    async close() {
      await Promise.all(Object.values(hosts).map((host) => host.close()));
      for (const client of clients) client.disconnect();
      await database.drop();
    },
  };
}

async function addPerson(database: HostDatabase): Promise<string> {
  const [person] = await database.db.insert(people).values({ mail: 'host@example.com' }).returning();
  return person?.ref ?? '';
}
