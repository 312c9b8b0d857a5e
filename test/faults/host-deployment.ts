import { Module } from '@nestjs/common';
import { AuthModule, AuthService } from '@tokenward/nestjs';
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
import { Things } from '../support/guarded-things.js';
import { httpClient } from '../support/http.js';
import { bearer, claimsOf } from '../support/stage.js';
import type { Deployment, Where } from './fault-cluster.js';

export interface HostDeploymentOptions {
  /** A database that the test drops. Default: its own database. */
  readonly database?: HostDatabase;
  /** The mode of the resource server. Default: the default of the option. */
  readonly unproven?: 'refuse';
  /** How many processes issue and revoke. If there is only one, `b` is the first process again. Default 2. */
  readonly issuing?: 1 | 2;
}

export interface HostDeployment extends Deployment {
  /** The only user, with the same id in every database. */
  readonly userId: string;
  service(which: 'a' | 'b'): AuthService;
  close(): Promise<void>;
}

const USER_ID = '7b1f6f0e-55c1-4a52-9d0a-3c8a5b1f4d77';

/** Two hosts and a resource server in this process, each with an ioredis client from the test. */
export async function startHosts(
  connect: (which: Where) => Redis | Cluster,
  { database: given, unproven, issuing: count = 2 }: HostDeploymentOptions = {},
): Promise<HostDeployment> {
  const database = given ?? (await hostDatabase());
  const clients: (Redis | Cluster)[] = [];
  const redis = (which: Where) => {
    const client = connect(which);
    client.on('error', () => undefined);
    clients.push(client);
    return redisConnection(client);
  };
  const options = hostOptions(database, { storeDeadline: '2s' });
  const issuing = async (which: Where): Promise<HostApp> => {
    @Module({
      imports: [
        AuthModule.forRoot({ ...options, storage: database.storage('2s'), redis: redis(which) }),
      ],
      controllers: [Things],
    })
    class Host {}
    return startHost(Host);
  };
  const a = await issuing('a');
  const b = count === 2 ? await issuing('b') : a;
  const { issuer, audience } = options;
  @Module({
    imports: [
      AuthModule.forResourceServer({
        issuer,
        audience,
        redis: redis('verifier'),
        jwks: { url: `${a.url}/.well-known/jwks.json`, algorithms: ['ES256'] },
        revocation: { unproven },
      }),
    ],
    controllers: [Things],
  })
  class Verifier {}
  const hosts: Record<Where, HostApp> = { a, b, verifier: await startHost(Verifier) };
  const service = (which: 'a' | 'b') => hosts[which].app.get(AuthService, { strict: false });
  await database.db
    .insert(people)
    .values({ ref: USER_ID, mail: 'host@example.com' })
    .onConflictDoNothing();
  const userId = USER_ID;
  return {
    userId,
    service,
    async signIn() {
      const { grant } = await service('a').openSession(userId, {
        transport: 'bearer',
        secondFactor: 'satisfied',
      });
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
      await Promise.all([...new Set(Object.values(hosts))].map((host) => host.close()));
      for (const client of clients) client.disconnect();
      if (!given) await database.drop();
    },
  };
}
