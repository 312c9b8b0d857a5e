import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditLog } from '@tokenward/nestjs/observe';
import { hostDatabase, type HostDatabase } from './support/host-app.js';
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

describe('who acted, in the audit trail', () => {
  const told = async (userId: string) =>
    [...(await log.find({ userId, limit: 500 })).records].reverse();
  const actorsOf = async (userId: string) =>
    (await told(userId)).map(({ type, actorId }) => [type, actorId]);
  const eventsOf = (userId: string) =>
    host.events.flatMap((event) => ('userId' in event && event.userId === userId ? [event] : []));

  // T-p658
  it('is the admin who ended the sessions of another user, whatever the request says', async () => {
    const { id, email } = await host.add();
    const admin = await host.add('admin');
    await host.logIn(host.client(), email);
    const desk = host.client();
    await host.logIn(desk, admin.email);
    expect((await desk.post(`/auth/users/${id}/revoke`, { actorId: id })).status).toBe(204);
    const facts = { type: 'sessions.ended', userId: id, actorId: admin.id };
    const detail = { count: 1, reason: 'ended_by_admin' };
    expect((await told(id)).at(-1)).toMatchObject({ ...facts, detail });
    expect(eventsOf(id).at(-1)).toMatchObject({ ...facts, ...detail });
    const { records } = await log.find({ actorId: admin.id });
    expect(records.map(({ type, userId }) => [type, userId])).toEqual([['sessions.ended', id]]);
  });

  it('is the user, for all that users do to their own sessions', async () => {
    const { id, email } = await host.add();
    const client = host.client();
    await host.logIn(host.client(), email);
    await host.logIn(client, email);
    const sessions = (await client.get('/auth/sessions')).json<
      { id: string; current: boolean }[]
    >();
    await client.delete(`/auth/sessions/${sessions.find(({ current }) => !current)?.id ?? ''}`);
    await client.delete('/auth/sessions');
    await client.post('/auth/reauthenticate', { password: PASSWORD });
    await client.post('/auth/password', {
      currentPassword: PASSWORD,
      newPassword: 'another river at dusk',
    });
    await client.post('/auth/logout');
    const again = await host.logIn(client, email, {
      password: 'another river at dusk',
      transport: 'bearer',
    });
    const { refreshToken } = again.json<{ refreshToken: string }>();
    await client.post('/auth/logout', { refreshToken });
    await host.logIn(client, email, { password: 'another river at dusk' });
    await client.post('/auth/logout-all');
    // before a login nobody is authenticated
    const acts = (await actorsOf(id)).filter(([type]) => type !== 'login.succeeded');
    expect(acts).toEqual([
      ['session.ended', id],
      ['sessions.ended', id],
      ['reauthenticated', id],
      ['password.changed', id],
      ['session.ended', id],
      ['session.ended', id],
      ['sessions.ended', id],
    ]);
    const heard = eventsOf(id).filter(({ type }) => type !== 'login.succeeded');
    expect(heard.map((event) => [event.type, 'actorId' in event && event.actorId])).toEqual(acts);
  });

  // T-jzb3
  it('is empty for a reuse, and for calls of the host without an actor', async () => {
    const { id, email } = await host.add();
    const client = host.client();
    await host.logIn(client, email);
    const thief = client.copy();
    await client.post('/auth/refresh');
    // a good access token beside the spent refresh token proves nothing
    expect((await thief.post('/auth/refresh')).status).toBe(401);
    await host.auth.revokeUser(id);
    await host.auth.changeUser(id, 'authorization');
    const types = ['login.succeeded', 'refresh.reused', 'sessions.ended', 'token_version.bumped'];
    const kept = (await actorsOf(id)).filter(([type]) => type !== 'refresh.rotated');
    expect(kept).toEqual(types.map((type) => [type, undefined]));
    for (const event of eventsOf(id))
      expect(event).not.toMatchObject({ actorId: expect.anything() });
  });

  it('is the actor that the host names', async () => {
    const { id, email } = await host.add();
    const by = { actorId: crypto.randomUUID() };
    const client = host.client();
    await host.logIn(client, email);
    const { sessionId } = (await client.get('/auth/me')).json<{ sessionId: string }>();
    expect(await host.auth.revokeSession(sessionId, by)).toBe('ended');
    await host.auth.revokeUser(id, by);
    await host.auth.changeUser(id, 'disabled', undefined, by);
    await database.db.transaction(async (tx) => {
      await (await host.auth.userChanged(tx, id, 'authorization', by)).committed();
      await (await host.auth.passwordChanged(tx, id, by)).committed();
    });
    const tokenId = crypto.randomUUID();
    await host.auth.revokeToken(tokenId, Math.ceil(Date.now() / 1000) + 60, by);
    const { keys } = (await client.get('/.well-known/jwks.json')).json<{
      keys: { kid: string }[];
    }>();
    await host.auth.revokeKey(keys[0]?.kid ?? '', by);
    await host.auth.afterRestore(by);
    const { records } = await log.find(by);
    const acts = records.map(({ type }) => type).reverse();
    expect(acts).toEqual([
      'session.ended',
      'sessions.ended',
      'sessions.ended',
      'token_version.bumped',
      'sessions.ended',
      'password.changed',
      'token.revoked',
      'key.revoked',
      'everything.revoked',
    ]);
    const heard = host.events.filter((event) => 'actorId' in event && event.actorId === by.actorId);
    expect(heard.map(({ type }) => type)).toEqual(acts);
  });
});
