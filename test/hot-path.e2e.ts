import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { Controller, Get, type MiddlewareConsumer, Module, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { TestRedisDatabase } from './support/databases.js';
import type { ForeignIssuer } from './support/foreign-issuer.js';
import type { HostApp, HostDatabase } from './support/host-app.js';

type Crypto = typeof import('node:crypto');
const crypto = createRequire(import.meta.url)('node:crypto') as Crypto;

const REQUESTS = 1_000;
const PARALLEL = 8;

/**
 * Counted, not timed: what a guarded request and a refresh cost. The crypto spies are set before anything imports them.
 */
describe.each(['express', 'fastify'] as const)('the hot path on %s', (adapter) => {
  const spies = {
    verify: jest.spyOn(crypto, 'verify'),
    createPublicKey: jest.spyOn(crypto, 'createPublicKey'),
    createPrivateKey: jest.spyOn(crypto, 'createPrivateKey'),
    createSecretKey: jest.spyOn(crypto, 'createSecretKey'),
  };
  let database: HostDatabase;
  let redisDatabase: TestRedisDatabase;
  let redis: Redis;
  let host: HostApp;
  let token: string;
  let refreshToken: string;
  let apiKey: string;
  let sso: ForeignIssuer;
  let queries: jest.SpiedFunction<pg.Client['query']>;
  let commandSpy: jest.SpiedFunction<Redis['sendCommand']>;
  /** What a request itself asks of a store, not what runs in the background meanwhile. */
  const request = new AsyncLocalStorage<true>();
  const asked = { postgres: 0, redis: 0 };

  beforeAll(async () => {
    const { AuthModule, AuthService, JwtAuthGuard, StrictRevocation } =
      await import('@tokenward/nestjs');
    const { redisConnection } = await import('@tokenward/nestjs/redis');
    const { TrustIssuers } = await import('@tokenward/nestjs/issuers');
    const support = await import('./support/host-app.js');

    @Controller()
    class Things {
      @Get('things')
      @UseGuards(JwtAuthGuard)
      things(): string {
        return 'ok';
      }

      @Get('shared')
      @TrustIssuers('https://sso.example.com')
      @UseGuards(JwtAuthGuard)
      shared(): string {
        return 'ok';
      }

      @Get('strict')
      @StrictRevocation()
      @UseGuards(JwtAuthGuard)
      strict(): string {
        return 'ok';
      }
    }

    const { createRedisDatabase } = await import('./support/databases.js');
    redisDatabase = await createRedisDatabase();
    const { ForeignIssuer } = await import('./support/foreign-issuer.js');
    sso = await ForeignIssuer.start();
    redis = new Redis(redisDatabase.url);
    database = await support.hostDatabase();
    const options = support.hostOptions(database, {
      redis: redisConnection(redis),
      apiKeys: {},
      // a machine that is busy elsewhere would let the view grow old, and then a request asks
      revocation: { maxStaleness: '10s' },
      refreshToken: { reuseLeeway: '10s' },
      trustedIssuers: [
        {
          issuer: 'https://sso.example.com',
          audience: 'api',
          jwks: { url: sso.jwksUrl },
          principal: ({ sub }) => ({ id: String(sub) }),
        },
      ],
    });
    @Module({ imports: [AuthModule.forRoot(options)], controllers: [Things] })
    class Host {
      configure(consumer: MiddlewareConsumer): void {
        consumer
          .apply((_request: unknown, _response: unknown, next: () => void) =>
            request.run(true, next),
          )
          .forRoutes(Things);
      }
    }
    host = await support.startHost(Host, adapter);
    const [person] = await database.db
      .insert(support.people)
      .values({ mail: 'hot@example.com' })
      .returning();
    const { grant } = await host.app
      .get(AuthService, { strict: false })
      .openSession(person?.ref ?? '', { transport: 'bearer', secondFactor: 'satisfied' });
    token = grant.accessToken;
    apiKey = (
      await host.app
        .get(AuthService, { strict: false })
        .createApiKey(person?.ref ?? '', { name: 'hot' })
    ).key;
    refreshToken = grant.refreshToken;
    const { query } = pg.Client.prototype;
    queries = jest.spyOn(pg.Client.prototype, 'query');
    queries.mockImplementation(function counted(this: pg.Client, ...args: unknown[]) {
      if (request.getStore()) asked.postgres++;
      return Reflect.apply(query, this, args) as never;
    } as never);
    // the module works on duplicates of the host's client
    const { sendCommand } = Redis.prototype;
    commandSpy = jest.spyOn(Redis.prototype, 'sendCommand');
    commandSpy.mockImplementation(function counted(this: Redis, ...args) {
      if (request.getStore()) asked.redis++;
      return Reflect.apply(sendCommand, this, args) as never;
    });
  }, 60_000);

  afterAll(async () => {
    commandSpy.mockRestore();
    queries.mockRestore();
    await host.close();
    await sso.stop();
    redis.disconnect();
    await redisDatabase.drop();
    await database.drop();
  });

  async function hammer(times: number, bearer = token, path = 'things'): Promise<void> {
    let left = times;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const answer = await fetch(`${host.url}/${path}`, {
          headers: { authorization: `Bearer ${bearer}` },
        });
        await answer.text();
        if (answer.status !== 200) throw new Error(`answered ${String(answer.status)}`);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
  }

  const commits = async (): Promise<number> => {
    const { rows } = await database.pool.query<{ n: string }>(
      'select xact_commit as n from pg_stat_database where datname = current_database()',
    );
    return Number(rows[0]?.n);
  };
  it('300 requests of one token: its signature is verified once, no key is parsed', async () => {
    for (const spy of Object.values(spies)) spy.mockClear();
    await hammer(300);
    expect(spies.verify).toHaveBeenCalledTimes(1);
    expect(spies.createPublicKey).not.toHaveBeenCalled();
    expect(spies.createPrivateKey).not.toHaveBeenCalled();
    expect(spies.createSecretKey).not.toHaveBeenCalled();
  });

  async function asksNothing(round: () => Promise<void>): Promise<void> {
    Object.assign(asked, { postgres: 0, redis: 0 });
    await round();
    expect(asked).toEqual({ postgres: 0, redis: 0 });
  }

  // T-8vbf
  it('300 requests of one API key after the first: no query, no command to Redis', async () => {
    await hammer(1, apiKey);
    await asksNothing(() => hammer(300, apiKey));
  });

  it('300 requests of another issuer’s token after the first: no query, no fetch, its signature is verified once', async () => {
    const foreign = await sso.sign({ iss: 'https://sso.example.com' });
    for (const spy of Object.values(spies)) spy.mockClear();
    const { fetches } = sso;
    await hammer(1, foreign, 'shared');
    await asksNothing(() => hammer(300, foreign, 'shared'));
    expect([sso.fetches, spies.verify.mock.calls.length]).toEqual([fetches, 1]);
  });

  // T-crw5
  it('1,000 guarded requests: no query, no command to Redis', async () => {
    const before = await commits();
    const startedAt = Date.now();
    await asksNothing(() => hammer(REQUESTS));
    const seconds = (Date.now() - startedAt) / 1000;
    // what the view itself asks in the background is a few dozen a second, however many requests there are
    expect((await commits()) - before).toBeLessThan(50 + seconds * 30);
    await fetch(`${host.url}/strict`, { headers: { authorization: `Bearer ${token}` } });
    expect(asked.redis).toBeGreaterThan(0);
  }, 120_000);

  it('a refresh is one statement to Postgres', async () => {
    queries.mockClear();
    const answer = await host.client().post('/auth/refresh', { refreshToken });
    expect(answer.status).toBe(200);
    expect(statements(/auth_sessions/)).toHaveLength(1);
    expect(statements(/auth_sessions|people/)).toHaveLength(1);
  });

  it('30 refresh tokens, each used 8 times at once: one successor each, at most one statement a use', async () => {
    const { AuthService } = await import('@tokenward/nestjs');
    const { people } = await import('./support/host-app.js');
    const auth = host.app.get(AuthService, { strict: false });
    const [owner] = await database.db
      .insert(people)
      .values({ mail: 'herd@example.com' })
      .returning();
    const tokens: string[] = [];
    for (let n = 0; n < 30; n++) {
      const options = { transport: 'bearer', secondFactor: 'satisfied' } as const;
      tokens.push((await auth.openSession(owner?.ref ?? '', options)).grant.refreshToken);
    }
    const uses = tokens.flatMap((each) => Array.from({ length: 8 }, () => each));
    queries.mockClear();
    const answers = await Promise.all(
      uses.map((each) => host.client().post('/auth/refresh', { refreshToken: each })),
    );
    expect(statements(/auth_sessions|people/).length).toBeLessThanOrEqual(uses.length);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const successors = answers.map(
      (answer) => answer.json<{ refreshToken: string }>().refreshToken,
    );
    expect(new Set(successors).size).toBe(tokens.length);
    successors.forEach((successor, at) => expect(successor).toBe(successors[at - (at % 8)]));
  }, 60_000);

  function statements(about: RegExp): readonly string[] {
    const asked: readonly unknown[][] = queries.mock.calls;
    const texts = asked.map(([query]) =>
      typeof query === 'string' ? query : (query as { text: string }).text,
    );
    return texts.filter((text) => about.test(text));
  }
});
