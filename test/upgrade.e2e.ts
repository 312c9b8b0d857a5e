import { readdirSync, readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AuthModule,
  type AuthModuleOptions,
  CurrentUser,
  JwtAuthGuard,
  PasswordHasher,
} from '@tokenward/nestjs';
import { RevocationSync } from '@tokenward/nestjs/verify';
import { migrateAuth, MIGRATIONS_FOLDER } from '@tokenward/nestjs/drizzle';
import { redisConnection } from '@tokenward/nestjs/redis';
import { Redis } from 'ioredis';
import { httpClient } from './support/http.js';
import { createRedisDatabase, type TestRedisDatabase } from './support/databases.js';
import {
  hostDatabase,
  type HostApp,
  type HostDatabase,
  hostOptions,
  people,
  startHost,
} from './support/host-app.js';

const USER = { email: 'ada@example.com', password: 'a long enough passphrase' };

@Controller()
@UseGuards(JwtAuthGuard)
class Me {
  @Get('me')
  me(@CurrentUser('id') id: string) {
    return { id };
  }
}

/** What the next release may do to the schema while this one still runs: add, and nothing else. */
const NEXT_RELEASE = [
  'alter table auth_sessions add column next_release text',
  "alter table auth_revocations add column next_release jsonb not null default '{}'",
  'alter table auth_subjects add column next_release integer not null default 7',
  'alter table auth_peppers add column next_release text',
  'create table auth_next_release (id uuid primary key)',
  `insert into drizzle.__tokenward_migrations (hash, created_at) select 'next', max(created_at) + 1 from drizzle.__tokenward_migrations`,
];

describe('two releases side by side, a schema and a feed version apart', () => {
  let database: HostDatabase;
  let redis: TestRedisDatabase[];
  const clients: Redis[] = [];
  let older: HostApp;
  let newer: HostApp;
  let options: AuthModuleOptions;

  /** Another version of the feed has other keys in Redis: the two have nothing in common but Postgres. */
  function start(server: TestRedisDatabase | undefined): Promise<HostApp> {
    const client = new Redis(server?.url ?? '');
    clients.push(client);
    @Module({
      imports: [
        AuthModule.forRoot({
          ...options,
          storage: database.storage(),
          redis: redisConnection(client),
        }),
      ],
      controllers: [Me],
    })
    class Host {}
    return startHost(Host);
  }

  beforeAll(async () => {
    database = await hostDatabase();
    redis = [await createRedisDatabase(), await createRedisDatabase()];
    options = hostOptions(database);
    older = await start(redis[0]);
    for (const statement of NEXT_RELEASE) await database.pool.query(statement);
    await migrateAuth(database.db);
    newer = await start(redis[1]);
    const secret = await older.app.get(PasswordHasher, { strict: false }).hash(USER.password);
    await database.db.insert(people).values({ mail: USER.email, secret });
  });

  afterAll(async () => {
    for (const app of [older, newer]) await app.close();
    for (const client of clients) client.disconnect();
    for (const each of redis) await each.drop();
    await database.drop();
  });

  /** The same browser at another process. */
  const on = (app: HostApp, client: ReturnType<HostApp['client']>) =>
    httpClient(app.url, client.jar.copy());
  const becomes = async (what: string, test: () => boolean | Promise<boolean>): Promise<void> => {
    const until = performance.now() + 15_000;
    while (!(await test())) {
      if (performance.now() > until) throw new Error(`not ${what} after 15 s`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const refused = (client: ReturnType<HostApp['client']>): Promise<void> =>
    becomes('refused', async () => (await client.get('/me')).status === 401);

  // T-f69k
  it.each(['older', 'newer'] as const)(
    'a session that began on the %s is used, refreshed and ended on both',
    async (first) => {
      const [here, there] = first === 'older' ? [older, newer] : [newer, older];
      const mine = here.client();
      expect((await mine.post('/auth/login', USER)).status).toBe(200);
      const elsewhere = on(there, mine);
      expect((await elsewhere.get('/me')).status).toBe(200);
      expect((await elsewhere.post('/auth/refresh')).status).toBe(200);
      const back = on(here, elsewhere);
      expect((await back.post('/auth/refresh')).status).toBe(200);
      const [before, onTheOther] = [on(here, back), on(there, back)];
      expect((await onTheOther.get('/me')).status).toBe(200);
      expect((await back.post('/auth/logout')).status).toBe(204);
      expect((await before.get('/me')).status).toBe(401);
      await refused(onTheOther);
      expect((await onTheOther.post('/auth/refresh')).status).toBe(401);
    },
  );

  // T-bfzn
  it('ledger and feed entries of an unknown kind do no harm', async () => {
    const client = clients[0] as Redis;
    await database.pool.query(
      `insert into auth_revocations (kind, subject, expires_at) values ('device', $1, now() + interval '1 hour')`,
      [randomUUID()],
    );
    const [stream] = (await client.keys('*:feed')) as [string];
    await client.xadd(stream, '*', 'r', 'z:of-a-later-release', 'v', '0:9999999999999');
    await client.xadd(stream, '*', 'later', 'something else');
    const mine = older.client();
    expect((await mine.post('/auth/login', USER)).status).toBe(200);
    const onTheOther = on(newer, mine);
    expect((await mine.post('/auth/logout')).status).toBe(204);
    await refused(onTheOther);
    for (const app of [older, newer]) {
      const view = app.app.get(RevocationSync, { strict: false });
      await becomes('fresh', () => view.state().ageMs < 1_000);
    }
    // a process that starts now reads that entry with all others
    const third = await start(redis[0]);
    try {
      const late = third.client();
      expect((await late.post('/auth/login', USER)).status).toBe(200);
      expect((await late.get('/me')).status).toBe(200);
    } finally {
      await third.close();
    }
  });

  // T-skj8
  it('the shipped migrations only add, so that the previous release still runs', () => {
    const [, ...later] = readdirSync(MIGRATIONS_FOLDER)
      .filter((name) => name.endsWith('.sql'))
      .sort();
    const statements = later.flatMap((name) =>
      readFileSync(`${MIGRATIONS_FOLDER}/${name}`, 'utf8').split('--> statement-breakpoint'),
    );
    // unique only among rows that the release before does not write: of a column that it leaves null
    const ofNewColumn =
      /^CREATE UNIQUE INDEX "\w+" ON "(\w+)" USING btree \("(\w+)"\) WHERE "\1"\."\2" is not null;$/;
    const taking = statements
      .map((each) => each.trim())
      .filter((each) => !/^CREATE (?:TABLE|INDEX)/.test(each) && !ofNewColumn.test(each))
      .filter(
        (each) => !/^ALTER TABLE "\w+" ADD COLUMN [^;]*(?:DEFAULT|(?<!NOT NULL);)/.test(each),
      );
    expect(later.length).toBeGreaterThan(0);
    expect(taking).toEqual([]);
  });
});
