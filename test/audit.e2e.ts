import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditLog, type AuditRecord } from '@tokenward/nestjs/observe';
import { drizzleStorage } from '@tokenward/nestjs/drizzle';
import { hostDatabase, type HostDatabase, PEOPLE } from './support/host-app.js';
import { type ObservedHost, startObservedHost } from './support/observed-host.js';
import { PASSWORD } from './support/stage.js';

let database: HostDatabase;
let host: ObservedHost;
let log: AuditLog;
beforeAll(async () => {
  database = await hostDatabase();
  host = await startObservedHost(database);
  log = host.app.get(AuditLog, { strict: false });
}, 60_000);
afterAll(async () => {
  await host.close();
  await database.drop();
});

const told = async (userId: string): Promise<readonly AuditRecord[]> =>
  [...(await log.find({ userId, limit: 500 })).records].reverse();
const typesOf = async (userId: string) => (await told(userId)).map(({ type }) => type);

describe('the audit trail', () => {
  // T-zsn2
  it('contains a security event, with its details, when the answer arrives', async () => {
    const { id, email } = await host.add();
    const client = host.client();
    await host.logIn(client, email, { userAgent: 'Firefox', ip: '198.51.100.7' });
    const [login] = await told(id);
    expect(login).toMatchObject({
      type: 'login.succeeded',
      severity: 'info',
      userId: id,
      ip: '198.51.100.7',
      userAgent: 'Firefox',
      detail: { transport: 'cookie', persistent: false, knownDevice: false },
    });
    await client.post('/auth/reauthenticate', { password: PASSWORD });
    await client.post('/auth/password', {
      currentPassword: PASSWORD,
      newPassword: 'another river at dusk',
    });
    await client.delete('/auth/sessions');
    await client.post('/auth/logout');
    await host.auth.changeUser(id, 'authorization');
    await host.auth.revokeUser(id);
    expect(await typesOf(id)).toEqual([
      'login.succeeded',
      'reauthenticated',
      'password.changed',
      'sessions.ended',
      'session.ended',
      'token_version.bumped',
      'sessions.ended',
    ]);
    expect((await told(id)).map(({ detail }) => detail['reason'])).toEqual([
      undefined,
      undefined,
      undefined,
      'ended_by_user',
      'logout',
      undefined,
      'ended_by_host',
    ]);
  });

  it('records who presented the spent token of a reuse', async () => {
    const { id, email } = await host.add();
    const client = host.client();
    await host.logIn(client, email);
    const thief = client.copy();
    await client.post('/auth/refresh');
    const headers = { 'x-forwarded-for': '203.0.113.66', 'user-agent': 'thief' };
    expect((await thief.post('/auth/refresh', {}, { headers })).status).toBe(401);
    expect((await told(id)).find(({ type }) => type === 'refresh.reused')).toMatchObject({
      severity: 'high',
      ip: '203.0.113.66',
      userAgent: 'thief',
      detail: { sessionsEnded: 1 },
    });
  });

  // T-pzvv
  it('is committed or rolled back with the transaction of its cause', async () => {
    const { id } = await host.add();
    const failing = host.auth.changeUser(id, 'disabled', () =>
      Promise.reject(new Error('the host says no')),
    );
    await expect(failing).rejects.toThrow('the host says no');
    expect(await told(id)).toEqual([]);
    await database.db.transaction(async (tx) => {
      await (await host.auth.userChanged(tx, id)).committed();
      // not before the host commits
      expect(await told(id)).toEqual([]);
    });
    expect(await typesOf(id)).toEqual(['token_version.bumped']);
  });

  it('contains routine events too, at the latest when the process has stopped', async () => {
    const { id, email } = await host.add();
    const brief = await startObservedHost(database);
    const client = brief.client();
    await brief.logIn(client, email, { password: 'wrong password entirely' });
    await brief.logIn(client, email);
    await client.post('/auth/refresh');
    await brief.close();
    expect((await typesOf(id)).toSorted()).toEqual([
      'login.failed',
      'login.succeeded',
      'refresh.rotated',
    ]);
    const [failure] = (await log.find({ userId: id, types: ['login.failed'] })).records;
    expect(failure).toMatchObject({
      severity: 'warning',
      ip: '192.0.2.1',
      detail: { reason: 'wrong_password' },
    });
  });

  // T-2jv2
  it('is read in pages by user, type and time', async () => {
    const { id } = await host.add();
    for (let n = 0; n < 5; n++)
      await host.auth.changeUser(id, n % 2 ? 'authorization' : 'signed_out');
    const first = await log.find({ userId: id, limit: 2 });
    const second = await log.find({ userId: id, limit: 2, cursor: first.cursor });
    const third = await log.find({ userId: id, limit: 2, cursor: second.cursor });
    expect([first, second, third].map(({ records }) => records.length)).toEqual([2, 2, 1]);
    expect(third.cursor).toBeUndefined();
    expect((await log.find({ userId: id, types: ['token_version.bumped'] })).records).toHaveLength(
      2,
    );
    expect((await log.find({ userId: id, to: new Date(0) })).records).toEqual([]);
    await expect(log.find({ cursor: "1' or '1'='1" })).rejects.toMatchObject({
      reason: 'input_invalid',
    });
    await expect(log.find({ limit: 501 })).rejects.toMatchObject({ reason: 'input_invalid' });
  });

  // T-ntwk
  it('holds no token, hash, password or email', async () => {
    const { email } = await host.add();
    const client = host.client();
    const answer = await host.logIn(client, email, { transport: 'bearer' });
    const { accessToken, refreshToken } = answer.json<{
      accessToken: string;
      refreshToken: string;
    }>();
    await client.post('/auth/refresh', { refreshToken });
    await client.post('/auth/refresh', { refreshToken });
    const { rows } = await database.pool.query<{ all: string }>(
      'select string_agg(to_jsonb(a)::text, chr(10)) as all from auth_audit a',
    );
    const all = rows[0]?.all ?? '';
    expect(all).toContain('refresh.reused');
    for (const secret of [accessToken, refreshToken, PASSWORD, email, '$argon2', 'eyJ'])
      expect(all).not.toContain(secret);
    expect(JSON.stringify(host.events)).not.toMatch(/eyJ|\$argon2|[A-Za-z0-9_-]{60}/);
  });

  it('is cleared of old records by the clean-up', async () => {
    const { id } = await host.add();
    await host.auth.revokeUser(id);
    await database.pool.query(
      `update auth_audit set at = now() - interval '91 days' where subject = $1`,
      [id],
    );
    expect(await host.auth.cleanUp()).toBeGreaterThanOrEqual(1);
    expect(await told(id)).toEqual([]);
  });

  it('delays no request and loses no security event while it cannot be written', async () => {
    const { id, email } = await host.add();
    const client = host.client();
    await host.logIn(client, email);
    await database.pool.query('alter table auth_audit rename to auth_audit_away');
    try {
      // routine: the refresh goes on; a cause that cannot be recorded does not happen
      expect((await client.post('/auth/refresh')).status).toBe(200);
      expect((await client.post('/auth/logout-all')).status).toBe(503);
    } finally {
      await database.pool.query('alter table auth_audit_away rename to auth_audit');
    }
    expect((await client.post('/auth/logout-all')).status).toBe(204);
    expect(await typesOf(id)).toContain('sessions.ended');
  });
});

describe('without an audit trail', () => {
  it('everything works, and reading it throws an error that says what is missing', async () => {
    const storage = drizzleStorage(database.db, { users: PEOPLE, audit: 'off' });
    const plain = await startObservedHost(database, { storage });
    const { id, email } = await plain.add();
    expect((await plain.logIn(plain.client(), email)).status).toBe(200);
    expect(await told(id)).toEqual([]);
    await expect(plain.app.get(AuditLog, { strict: false }).find()).rejects.toThrow(
      'storage.audit',
    );
    await plain.close();
  });
});
