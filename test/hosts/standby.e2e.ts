import { randomBytes, randomUUID } from 'node:crypto';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthModule, JwtAuthGuard, TokenVersionGuard } from '@tokenward/nestjs';
import { drizzleStorage } from '@tokenward/nestjs/drizzle';
import { drizzle } from 'drizzle-orm/node-postgres';
import { withReplicas } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { testPool } from '../support/databases.js';
import {
  addPerson,
  type HostApp,
  type HostDatabase,
  hostOptions,
  PATIENT,
  PEOPLE,
  signInAt,
  startHost,
} from '../support/host-app.js';
import { type Pair, startPair } from '../support/standby.js';
import { until } from '../support/until.js';

const IDLE_THERE = 3;

@Controller()
class Things {
  @Get('things')
  @UseGuards(JwtAuthGuard, TokenVersionGuard)
  things(): string {
    return 'ok';
  }
}

let pair: Pair;
let pool: pg.Pool;
let replica: pg.Pool;
let host: HostApp;

beforeAll(async () => {
  pair = await startPair('nobody');
  pool = testPool({ connectionString: pair.proxy.url, max: 4 });
  replica = testPool({ connectionString: pair.standby.url, max: 1 });
  const db = withReplicas(drizzle(pool), [drizzle(replica)]);
  const storage = () => drizzleStorage(db, { users: PEOPLE, deadline: PATIENT });
  @Module({
    imports: [AuthModule.forRoot({ ...hostOptions({ storage }), routes: { register: true } })],
    controllers: [Things],
  })
  class Host {}
  host = await startHost(Host);
}, 60_000);

afterAll(async () => {
  await host?.close();
  await Promise.all([pool?.end(), replica?.end()]);
  await pair?.close();
});

describe('a pool whose connections lead to a standby that lags', () => {
  // T-sb4y
  it('nobody is refused, nobody is signed out, and nothing tells which accounts exist', async () => {
    const { primary, database, standby, proxy } = pair;
    const { mail } = await addPerson(host, database);
    const { client, answer } = await signInAt(host, mail);
    expect(answer.status).toBe(200);
    expect((await client.get('/things')).status).toBe(200);

    proxy.retarget(standby.url);
    for (const path of ['/auth/refresh', '/auth/logout']) {
      const refused = await client.post(path);
      expect([path, refused.status]).toEqual([path, 503]);
      expect(refused.setCookies).toEqual([]);
    }
    expect((await client.get('/things')).status).toBe(503);
    // the standby has neither of them
    for (const who of [mail, 'nobody@people.test'])
      expect((await signInAt(host, who)).answer.status).toBe(503);

    proxy.retarget(primary.url);
    expect((await client.post('/auth/refresh')).status).toBe(200);
    expect((await client.get('/things')).status).toBe(200);
  });

  // T-sb5k
  it('leaves it as soon as new connections lead to the primary', async () => {
    const { primary, database, standby, proxy } = pair;
    const { mail } = await addPerson(host, database);
    proxy.retarget(standby.url);
    const askThere = () => pool.query('select pg_sleep(0.1)').catch(() => undefined);
    await until(async () => {
      await Promise.all(Array.from({ length: IDLE_THERE }, askThere));
      return pool.idleCount >= IDLE_THERE;
    });

    proxy.lead(primary.url);
    const { client, answer } = await signInAt(host, mail);
    expect(answer.status).toBe(200);
    expect((await client.post('/auth/refresh')).status).toBe(200);
    expect((await client.get('/things')).status).toBe(200);
    // of withReplicas
    expect(replica.totalCount).toBe(0);
  });

  const missing = randomBytes(32);
  it.each<[string, (storage: ReturnType<HostDatabase['storage']>) => Promise<unknown> | undefined]>(
    [
      ['a user by email', ({ users }) => users?.findByEmail('nobody@people.test')],
      ['a user by id', ({ users }) => users?.findById(randomUUID())],
      ['a session', ({ sessions }) => sessions.read(randomUUID())],
      ['the sessions of a user', ({ sessions }) => sessions.list('nobody')],
      ['the counters of a user', ({ sessions }) => sessions.readSubject('nobody')],
      ['an API key', ({ apiKeys }) => apiKeys.read('none')],
      ['a one-time token', ({ oneTimeTokens }) => oneTimeTokens.read('reset', missing)],
      ['an identity', ({ identities }) => identities.find({ issuer: 'x', issuerSubject: 'y' })],
      ['the identities of a user', ({ identities }) => identities.of('nobody')],
      ['a passkey', ({ factors }) => factors.findPasskey('none')],
      ['the factors of a user', ({ factors }) => factors.of('nobody')],
      ['a key', ({ keySightings }) => keySightings.knows('none')],
      ['the audit trail', ({ audit }) => audit?.find({ limit: 1 })],
    ],
  )('%s that a standby does not have is not missing', async (_name, ask) => {
    const storage = drizzleStorage(drizzle(replica), { users: PEOPLE, deadline: PATIENT });
    await expect(ask(storage)).rejects.toMatchObject({
      reason: 'unavailable',
      detail: expect.stringContaining('25006 the database is a standby; name the primary'),
    });
  });
});
