import { setTimeout as delay } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AuthModule, AuthService, PasswordHasher } from '@tokenward/nestjs';
import { drizzleStorage } from '@tokenward/nestjs/drizzle';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import {
  type HostApp,
  type HostDatabase,
  hostDatabase,
  hostOptions,
  PEOPLE,
  startHost,
} from './support/host-app.js';
import { privatePostgres } from './support/private-servers.js';
import { type TcpProxy, tcpProxy } from './support/proxy.js';
import { until } from './support/until.js';

const PASSWORD = 'a long enough passphrase';
const MAIL = 'ada@example.com';
/** Deadlines of 2 s, on a machine that is busy. */
const BACK_WITHIN_MS = 15_000;

describe("the host's pool", () => {
  let database: HostDatabase;
  let host: HostApp | undefined;
  let pool: pg.Pool;
  let auth: AuthService;
  let userId: string;
  let isRunning = false;

  async function start(connectionString: string, settings: pg.PoolConfig = {}, deadline = '2s') {
    pool = new pg.Pool({ connectionString, max: 4, ...settings });
    const storage = () => drizzleStorage(drizzle(pool), { users: PEOPLE, deadline });
    @Module({
      imports: [AuthModule.forRoot({ ...hostOptions({ storage }), routes: { register: true } })],
    })
    class Host {}
    host = await startHost(Host);
    auth = host.app.get(AuthService, { strict: false });
    const pw = await host.app.get(PasswordHasher, { strict: false }).hash(PASSWORD);
    await pool.query('insert into people (mail, pw) values ($1, $2)', [MAIL, pw]);
    const { rows } = await pool.query<{ id: string }>(
      'insert into people (mail) values ($1) returning person_ref as id',
      ['the user who is revoked, not the one who signs in'],
    );
    userId = rows[0]?.id ?? '';
  }

  const logIn = async (): Promise<number> =>
    (await host!.client().post('/auth/login', { email: MAIL, password: PASSWORD })).status;
  const revoke = (): Promise<string> =>
    auth.revokeUser(userId).then(
      () => 'done',
      (error: { code: string }) => error.code,
    );
  const version = async (): Promise<number> => {
    const { rows } = await database.pool.query<{ version: number }>(
      'select token_version as version from auth_subjects where subject = $1',
      [userId],
    );
    return rows[0]?.version ?? 1;
  };
  const handedOut = (): number => pool.totalCount - pool.idleCount;

  beforeEach(async () => {
    database = await hostDatabase();
  });
  afterEach(async () => {
    isRunning = false;
    await host?.close();
    host = undefined;
    await pool.end();
    await database.drop();
  });

  describe('when all of its connections die at once', () => {
    let proxy: TcpProxy;
    beforeEach(async () => {
      proxy = await tcpProxy(database.url);
    });
    afterEach(() => proxy.close());

    it.each([
      ['are reset as soon as they are written to', 'forget', {}],
      [
        'are reset as soon as they are written to, with query_timeout',
        'forget',
        { query_timeout: 1_000 },
      ],
      ['are closed while idle', 'cutOnce', {}],
      ['fall silent', 'strand', {}],
      ['fall silent, with query_timeout', 'strand', { query_timeout: 1_000 }],
    ] as const)(
      'they %s: logins work within 5 s, and nothing stays handed out',
      async (_name, fault, settings) => {
        await start(proxy.url, settings);
        await revoke();
        await Promise.all([1, 2, 3, 4].map(() => pool.query('select pg_sleep(0.1)')));
        expect(pool.totalCount).toBe(4);
        const before = await version();

        proxy[fault]();
        const since = performance.now();
        const revocations = Promise.all([revoke(), revoke(), revoke(), revoke()]);
        const statuses = [await logIn()];
        while (statuses.at(-1) !== 200 && performance.now() - since < BACK_WITHIN_MS)
          statuses.push(await logIn());
        expect(statuses.at(-1)).toBe(200);
        expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
        expect(performance.now() - since).toBeLessThan(BACK_WITHIN_MS);

        // what was acknowledged stands, and what was refused does not
        const done = (await revocations).filter((outcome) => outcome === 'done').length;
        expect(await version()).toBe(before + done);
        // a reset tells at once, so that nobody notices
        if (fault !== 'strand') expect(done).toBe(4);
        // the background takes one for a moment, again and again
        await until(() => handedOut() === 0);
        await expect(
          Promise.all([1, 2, 3, 4].map(() => pool.query('select 1'))),
        ).resolves.toHaveLength(4);
      },
    );
  });

  describe('whatever was abandoned is not committed afterwards', () => {
    const counts = async (): Promise<unknown> => {
      const { rows } = await database.pool.query(
        `select (select count(*) from people) as people, (select sum(token_version) from auth_subjects) as versions,
          (select count(*) from auth_sessions) as sessions, (select sum(generation) from auth_sessions) as rotations,
          (select count(*) from auth_sessions where ended_at is not null) as ended, (select count(*) from auth_revocations) as entries,
          (select string_agg(pw, ',' order by mail) from people) as passwords`,
      );
      return rows[0];
    };

    it.each([
      [
        'a revocation that waits for the user',
        'select from auth_subjects for update',
        () => revoke(),
      ],
      ['a login that waits for the user', 'select from auth_subjects for update', () => logIn()],
      ['a refresh that waits for the session', 'select from auth_sessions for update', refresh],
      ['a refresh that waits for the table', 'lock table auth_sessions', refresh],
      ['a revocation that waits for the table', 'lock table auth_revocations', () => revoke()],
      [
        'a password change that waits for the account',
        'select from people for update',
        changePassword,
      ],
      [
        'a registration that waits for another',
        "insert into people (mail) values ('new@example.com')",
        () => post('/auth/register', { email: 'new@example.com', password: PASSWORD }),
      ],
    ])('%s', async (_name, lock, act) => {
      // short, because each case waits for it, and long enough for a password hash on a busy machine
      await start(database.url, {}, '1500ms');
      expect(await revoke()).toBe('done');
      const login = { email: MAIL, password: PASSWORD, transport: 'bearer' };
      const tokens = (await host!.client().post('/auth/login', login)).json<Tokens>();
      const before = await counts();

      const other = await database.pool.connect();
      await other.query(`begin; ${lock}`);
      const answer = await act(tokens);
      await other.query('rollback');
      other.release();

      expect([503, 'unavailable']).toContain(answer);
      // whatever still waits on the server comes to its lock now
      await until(async () => (await waiting()) === 0);
      expect(await counts()).toEqual(before);
      await until(() => handedOut() === 0);
      expect(await act(tokens)).not.toBe(answer);
    });

    interface Tokens {
      readonly accessToken: string;
      readonly refreshToken: string;
    }
    async function post(path: string, body: object, accessToken?: string): Promise<number> {
      const headers: Record<string, string> = accessToken
        ? { authorization: `Bearer ${accessToken}` }
        : {};
      return (await host!.client().post(path, body, { headers })).status;
    }
    function refresh({ refreshToken }: Tokens): Promise<number> {
      return post('/auth/refresh', { refreshToken });
    }
    function changePassword({ accessToken, refreshToken }: Tokens): Promise<number> {
      const body = {
        currentPassword: PASSWORD,
        newPassword: 'another long passphrase',
        refreshToken,
      };
      return post('/auth/password', body, accessToken);
    }
    async function waiting(): Promise<number> {
      const { rows } = await database.pool.query<{ waiting: number }>(
        "select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      return rows[0]?.waiting ?? 0;
    }
  });

  it.each(['serializable', 'repeatable read'])(
    'works where the database is %s by default: logins and refreshes at once, of one user',
    async (isolation) => {
      const name = new URL(database.url).pathname.slice(1);
      await database.pool.query(
        `alter database "${name}" set default_transaction_isolation = '${isolation}'`,
      );
      await start(database.url, { max: 10 }, '10s');
      const login = { email: MAIL, password: PASSWORD, transport: 'bearer' };
      const logins = await Promise.all(
        Array.from({ length: 40 }, () => host!.client().post('/auth/login', login)),
      );
      expect(logins.filter(({ status }) => status !== 200)).toEqual([]);
      const tokens = logins.map((answer) => answer.json<{ refreshToken: string }>().refreshToken);
      const refreshes = await Promise.all(
        tokens.map((refreshToken) => host!.client().post('/auth/refresh', { refreshToken })),
      );
      expect(refreshes.filter(({ status }) => status !== 200)).toEqual([]);
      expect(await Promise.all([revoke(), revoke(), revoke()])).toEqual(['done', 'done', 'done']);
    },
    60_000,
  );

  // T-vknt
  it('survives ten crashes of PostgreSQL under load, without an error listener of the host', async () => {
    const server = await privatePostgres();
    const made = await hostDatabase({ url: server.url, drop: () => Promise.resolve() });
    await made.drop();
    await start(server.url, { connectionTimeoutMillis: 1_500 });
    isRunning = true;
    const load = Array.from({ length: 8 }, async () => {
      while (isRunning) if ((await revoke()) !== 'done') await delay(20);
    });
    for (let crash = 1; crash <= 10; crash++) {
      await until(async () => (await revoke()) === 'done');
      await server.kill('SIGKILL');
      await server.start();
    }
    await until(async () => (await logIn()) === 200, BACK_WITHIN_MS);
    isRunning = false;
    await Promise.all(load);
    await until(() => handedOut() === 0);
    expect(await revoke()).toBe('done');
    await host?.close();
    host = undefined;
    await server.stop();
  }, 120_000);
});
