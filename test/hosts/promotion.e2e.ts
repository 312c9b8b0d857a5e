import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { AuthModule, JwtAuthGuard } from '@tokenward/nestjs';
import { drizzleStorage } from '@tokenward/nestjs/drizzle';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { acceptedFor } from '../support/accepted-for.js';
import { testPool } from '../support/databases.js';
import {
  addPerson,
  type HostApp,
  hostOptions,
  PEOPLE,
  signInAt,
  startHost,
} from '../support/host-app.js';
import { bearer } from '../support/stage.js';
import { type Pair, startPair } from '../support/standby.js';
import { until } from '../support/until.js';

const SESSIONS = 12;
const MAX_STALENESS_MS = 1_000;

@Controller()
class Things {
  @Get('things')
  @UseGuards(JwtAuthGuard)
  things(): string {
    return 'ok';
  }
}

let pair: Pair;
const pools: pg.Pool[] = [];
const hosts: HostApp[] = [];

beforeAll(async () => {
  pair = await startPair('primary');
  const { primary, database, proxy } = pair;
  await onServer(primary.url, `alter system set synchronous_standby_names = '*'`);
  await onServer(primary.url, 'select pg_reload_conf()');
  await until(async () => {
    const { rows } = await onServer(primary.url, 'select sync_state from pg_stat_replication');
    return rows[0]?.['sync_state'] === 'sync';
  });
  const options = hostOptions(database);
  for (let each = 0; each < 2; each++) {
    const pool = testPool({ connectionString: proxy.url, max: 4, connectionTimeoutMillis: 2_000 });
    pools.push(pool);
    const storage = drizzleStorage(drizzle(pool), { users: PEOPLE });
    const revocation = { maxStaleness: `${MAX_STALENESS_MS}ms` } as const;
    @Module({
      imports: [AuthModule.forRoot({ ...options, storage, revocation })],
      controllers: [Things],
    })
    class Host {}
    hosts.push(await startHost(Host));
  }
}, 60_000);

afterAll(async () => {
  await Promise.all(hosts.map((host) => host.close()));
  await Promise.all(pools.map((pool) => pool.end()));
  await pair?.close();
});

async function onServer(url: string, statement: string) {
  const client = new pg.Client(url);
  await client.connect();
  return client.query<Record<string, unknown>>(statement).finally(() => client.end());
}

it('a synchronous standby that is promoted while people sign out has every logout that was answered', async () => {
  const { primary, database, standby, proxy } = pair;
  const [here, there] = hosts as [HostApp, HostApp];
  const { mail } = await addPerson(here, database);
  const tokens: string[] = [];
  for (let each = 0; each < SESSIONS; each++) {
    const { answer } = await signInAt(here, mail, { transport: 'bearer' });
    tokens.push(answer.json<{ accessToken: string }>().accessToken);
  }
  const ask = async (host: HostApp, token: string) =>
    (await host.client().get('/things', bearer(token))).status;

  const statuses: number[] = [];
  const leaving = (async () => {
    for (const token of tokens)
      statuses.push((await here.client().post('/auth/logout', {}, bearer(token))).status);
  })();
  await until(() => statuses.length >= SESSIONS / 3);
  await primary.kill('SIGKILL');
  await onServer(standby.url, 'select pg_promote()');
  proxy.retarget(standby.url);
  await leaving;

  // 503 says that it is not certain
  expect(statuses.filter((status) => status !== 204 && status !== 503)).toEqual([]);
  const answered = tokens.filter((_, at) => statuses[at] === 204);
  expect(answered.length).toBeGreaterThanOrEqual(SESSIONS / 3);
  for (const token of answered) {
    expect(await acceptedFor(() => ask(there, token))).toBeLessThanOrEqual(MAX_STALENESS_MS);
    expect([await ask(here, token), await ask(there, token)]).toEqual([401, 401]);
  }
  await until(async () => (await signInAt(there, mail)).answer.status === 200);
});
