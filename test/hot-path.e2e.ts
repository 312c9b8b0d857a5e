import { createRequire } from 'node:module';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import type { TestRedisDatabase } from './support/databases.js';
import type { HostApp, HostDatabase } from './support/host-app.js';

type Crypto = typeof import('node:crypto');
const crypto = createRequire(import.meta.url)('node:crypto') as Crypto;

const REQUESTS = 10_000;
const PARALLEL = 20;

/** Counted, not timed: what a guarded request and a refresh cost. The crypto spies are set before anything imports them. */
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
  let queries: jest.SpiedFunction<HostDatabase['pool']['query']>;

  beforeAll(async () => {
    const { AuthModule, AuthService, JwtAuthGuard } = await import('@tokenward/nestjs');
    const { redisConnection } = await import('@tokenward/nestjs/redis');
    const support = await import('./support/host-app.js');

    @Controller()
    class Things {
      @Get('things')
      @UseGuards(JwtAuthGuard)
      things(): string {
        return 'ok';
      }
    }

    const { createRedisDatabase } = await import('./support/databases.js');
    redisDatabase = await createRedisDatabase();
    redis = new Redis(redisDatabase.url);
    database = await support.hostDatabase();
    const options = support.hostOptions(database, { redis: redisConnection(redis) });
    @Module({ imports: [AuthModule.forRoot(options)], controllers: [Things] })
    class Host {}
    host = await support.startHost(Host, adapter);
    const [person] = await database.db.insert(support.people).values({ mail: 'hot@example.com' }).returning();
    const { grant } = await host.app
      .get(AuthService, { strict: false })
      .openSession(person?.ref ?? '', { transport: 'bearer' });
    token = grant.accessToken;
    refreshToken = grant.refreshToken;
    queries = jest.spyOn(database.pool, 'query');
  }, 60_000);

  afterAll(async () => {
    await host.close();
    redis.disconnect();
    await redisDatabase.drop();
    await database.drop();
  });

  async function hammer(times: number): Promise<void> {
    let left = times;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const answer = await fetch(`${host.url}/things`, { headers: { authorization: `Bearer ${token}` } });
        if (answer.status !== 200) throw new Error(`answered ${String(answer.status)}`);
        await answer.text();
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
  const commands = async (): Promise<number> =>
    Number(/total_commands_processed:(\d+)/.exec(await redis.info('stats'))?.[1]);

  it('1,000 requests of one token: its signature is verified once, no key is parsed', async () => {
    for (const spy of Object.values(spies)) spy.mockClear();
    await hammer(1_000);
    expect(spies.verify).toHaveBeenCalledTimes(1);
    expect(spies.createPublicKey).not.toHaveBeenCalled();
    expect(spies.createPrivateKey).not.toHaveBeenCalled();
    expect(spies.createSecretKey).not.toHaveBeenCalled();
  });

  it('10,000 guarded requests: the servers themselves count no query and no command for them', async () => {
    const before = { commits: await commits(), commands: await commands() };
    const startedAt = Date.now();
    await hammer(REQUESTS);
    const seconds = (Date.now() - startedAt) / 1000;
    const caused = {
      commits: (await commits()) - before.commits,
      commands: (await commands()) - before.commands,
    };
    // what the view itself asks in the background is a few dozen a second, however many requests there are
    expect(caused.commits).toBeLessThan(50 + seconds * 30);
    expect(caused.commands).toBeLessThan(100 + seconds * 200);
    expect(caused.commits + caused.commands).toBeLessThan(REQUESTS / 2);
  }, 60_000);

  it('a refresh is one statement to Postgres', async () => {
    queries.mockClear();
    const answer = await host.client().post('/auth/refresh', { refreshToken });
    expect(answer.status).toBe(200);
    const texts = queries.mock.calls.map(([query]) =>
      typeof query === 'string' ? query : (query as { text: string }).text,
    );
    expect(texts.filter((text) => /auth_sessions/.test(text))).toHaveLength(1);
    expect(texts.filter((text) => /auth_sessions|people/.test(text))).toHaveLength(1);
  });
});
