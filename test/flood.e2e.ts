import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hostDatabase, type HostDatabase } from './support/host-app.js';
import { type ObservedHost, startObservedHost } from './support/observed-host.js';

const TIMES = 60;
/** The minute may turn once while a test runs, and the other process may write as well. */
const ROWS = 2;

/** What anybody, or one client of an account, can cause as often as it likes. */
describe('a flood from one address', () => {
  let database: HostDatabase;
  let host: ObservedHost;
  beforeAll(async () => {
    database = await hostDatabase();
    host = await startObservedHost(database, {
      throttle: { accountAndAddress: 5 },
      refreshToken: { reuseLeeway: '0s' },
    });
  }, 60_000);
  afterAll(async () => {
    await host.close();
    await database.drop();
  });

  /** Rows of a kind, and what they stand for, once there are `events`: they are written after the answer. */
  async function trail(type: string, ip: string, events = TIMES) {
    const sql =
      'select count(*)::int as rows, coalesce(sum(count), 0)::int as events from auth_audit where type = $1 and ip = $2';
    const deadline = Date.now() + 15_000;
    for (;;) {
      const { rows } = await database.pool.query<{ rows: number; events: number }>(sql, [type, ip]);
      const [found = { rows: 0, events: 0 }] = rows;
      if (found.events >= events || Date.now() > deadline) return found;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  const many = async (times: number, once: () => Promise<{ readonly status: number }>) => {
    const statuses = new Set<number>();
    for (let n = 0; n < times; n++) statuses.add((await once()).status);
    return [...statuses];
  };

  // T-kdfb
  it('of throttled logins leaves one audit row a minute, with the count', async () => {
    const ip = '198.51.100.1';
    const { email } = await host.add();
    const guess = () => host.logIn(host.client(), email, { password: 'wrong password', ip });
    await many(5, guess);
    expect(await many(TIMES, guess)).toEqual([429]);
    const { rows, events } = await trail('login.throttled', ip);
    expect(events).toBe(TIMES);
    expect(rows).toBeLessThanOrEqual(ROWS);
  });

  // T-kwkc
  it('of a dead refresh token leaves one row, and another one for another address', async () => {
    const { email } = await host.add();
    const login = await host.logIn(host.client(), email, { transport: 'bearer' });
    const { refreshToken } = login.json<{ refreshToken: string }>();
    await host.client().post('/auth/logout', { refreshToken });
    const refresh = (ip: string) =>
      host.client().post('/auth/refresh', { refreshToken }, { headers: { 'x-forwarded-for': ip } });
    expect(await many(TIMES, () => refresh('198.51.100.2'))).toEqual([401]);
    await refresh('203.0.113.9');
    const { rows, events } = await trail('refresh.refused', '198.51.100.2');
    expect(events).toBe(TIMES);
    expect(rows).toBeLessThanOrEqual(ROWS);
    expect(await trail('refresh.refused', '203.0.113.9', 1)).toEqual({ rows: 1, events: 1 });
  });

  // T-nz8q
  it('of refreshes of its own session leaves one row', async () => {
    const { email } = await host.add();
    const client = host.client();
    await host.logIn(client, email);
    const headers = { 'x-forwarded-for': '198.51.100.3' };
    expect(await many(TIMES, () => client.post('/auth/refresh', {}, { headers }))).toEqual([200]);
    const { rows, events } = await trail('refresh.rotated', '198.51.100.3');
    expect(events).toBe(TIMES);
    expect(rows).toBeLessThanOrEqual(ROWS);
  });
});
