import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { acceptedFor } from './support/accepted-for.js';
import { actingStage, DENIED, sidOf, tokensOf } from './support/acting-stage.js';
import type { HttpAnswer, HttpClient } from './support/http.js';
import {
  ADAPTERS,
  admin,
  bearer,
  claimsOf,
  PASSWORD,
  type Person,
  REFUSED,
  refusalOf,
  type Row,
  signUp,
} from './support/stage.js';
import { openSocket } from './support/sockets.js';
import { until } from './support/until.js';

const { auditOf, client, expectActorEnded, newAdmin, root, signedIn, stage } = actingStage();

describe.each(ADAPTERS)('acting as a user, on %s', (adapter) => {
  const other = adapter === 'express' ? 'fastify' : 'express';
  let boss: HttpClient;
  let own: HttpClient;
  let person: Person;
  beforeAll(async () => {
    boss = await signedIn(adapter, admin);
  });
  beforeEach(async () => {
    own = client(adapter);
    person = await signUp(own);
  });
  const act = (id = person.id, by = boss) => by.post(`/admin/users/${id}/act`);
  const refresh = (refreshToken: string) => client(other).post('/auth/refresh', { refreshToken });

  // T-m9g5
  it('every token and answer names both people, and nothing lasts longer than an hour', async () => {
    const acting = tokensOf(await act());
    expect(acting).toMatchObject({ user: { id: person.id }, tokenType: 'Bearer', expiresIn: 900 });
    const claims = { sub: person.id, role: 'user', act: { sub: root().id }, auth_time: 0 };
    expect(claimsOf(acting.accessToken)).toMatchObject(claims);
    const me = await client(other).get('/auth/me', bearer(acting.accessToken));
    expect(me.json()).toMatchObject({
      id: person.id,
      email: person.email,
      actor: { id: root().id },
    });
    expect((await client(other).get('/me', bearer(acting.accessToken))).status).toBe(200);
    expect((await own.get('/auth/me')).json()).not.toHaveProperty('actor');

    // the user sees it, and may end it
    const listed = (await own.get('/auth/sessions')).json<Row[]>();
    const session = listed.find(({ id }) => id === sidOf(acting));
    expect(session).toMatchObject({ actor: { id: root().id }, current: false });
    expect(listed.find(({ current }) => current)).not.toHaveProperty('actor');
    const timeMs = (of: 'createdAt' | 'expiresAt') => Date.parse(String(session?.[of]));
    expect(timeMs('expiresAt') - timeMs('createdAt')).toBeLessThanOrEqual(3_600_000);

    const refreshed = tokensOf(await refresh(acting.refreshToken));
    expect(claimsOf(refreshed.accessToken)).toMatchObject({
      sub: person.id,
      act: { sub: root().id },
    });
    expect((await own.delete(`/auth/sessions/${sidOf(acting)}`)).status).toBe(204);
    expect(refusalOf(await client(adapter).get('/me', bearer(refreshed.accessToken)))).toEqual(
      REFUSED,
    );
  });

  it('nobody acts any longer as a user who becomes an admin', async () => {
    const { accessToken, refreshToken } = tokensOf(await act());
    expect((await boss.patch(`/admin/users/${person.id}`, { role: 'admin' })).status).toBe(200);
    expect(refusalOf(await refresh(refreshToken))).toEqual(REFUSED);
    await until(async () => (await client(other).get('/me', bearer(accessToken))).status === 401);
    expect((await own.post('/auth/refresh')).status).toBe(200);
  });

  // T-mhnn
  it('an actor may end the acting session, but no other session of the user', async () => {
    const { accessToken, refreshToken } = tokensOf(await act());
    const sessions = (await own.get('/auth/sessions')).json<{ id: string; current: boolean }[]>();
    for (const mine of [true, false]) {
      const { id = '' } = sessions.find(({ current }) => current === mine) ?? {};
      const answer = await client(other).delete(`/auth/sessions/${id}`, bearer(accessToken));
      expect(answer.status).toBe(mine ? 403 : 204);
    }
    expect((await own.get('/auth/me')).status).toBe(200);
    expect((await refresh(refreshToken)).status).toBe(401);
  });

  it('an API key cannot act as a user, even if its owner may', async () => {
    const { key } = (await boss.post('/auth/api-keys', { name: 'act' })).json<{ key: string }>();
    const answer = await client(adapter).post(`/admin/users/${person.id}/act`, {}, bearer(key));
    expect(answer.status).toBe(403);
  });

  it('reuse of a refresh token of an acting session ends that session, but none of the user’s own', async () => {
    const { refreshToken } = tokensOf(await act());
    expect((await refresh(refreshToken)).status).toBe(200);
    // past any leeway of the demo
    await stage().rows(
      `update auth_sessions set rotated_at = rotated_at - interval '1 hour' where actor = $1 and subject = $2`,
      root().id,
      person.id,
    );
    expect((await refresh(refreshToken)).status).toBe(401);
    expect((await own.get('/auth/me')).status).toBe(200);
    expect((await own.post('/auth/refresh')).status).toBe(200);
  });

  it('signing out other sessions also ends those in which the user acts', async () => {
    const thief = await newAdmin(adapter);
    const { refreshToken } = tokensOf(await act(person.id, thief.client));
    const mine = await signedIn(adapter, thief);
    expect((await mine.delete('/auth/sessions')).status).toBeLessThan(300);
    expect((await refresh(refreshToken)).status).toBe(401);
    expect((await mine.get('/auth/me')).status).toBe(200);
  });

  // T-4t7k
  it('all but harmless routes answer 403, and so do acting again and the host’s routes with @NoActor', async () => {
    const { accessToken } = tokensOf(await act());
    const token = bearer(accessToken);
    const { paths } = (await client(adapter).get('/docs-json')).json<{
      paths: Record<string, Record<string, { security?: object[]; tags?: string[] }>>;
    }>();
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, { security = [], tags = [] }]) => tags.includes('auth') && security.length > 0)
        .map(([method]) => [method.toUpperCase(), path] as const),
    );
    const allowed = ['GET /auth/me', 'GET /auth/sessions', 'DELETE /auth/sessions/{id}'];
    const walked: string[] = [];
    for (const [method, path] of routes) {
      const name = `${method} ${path}`;
      const url = path.replace(/\{\w+\}/g, '00000000-0000-4000-8000-000000000000');
      const json = method === 'GET' || method === 'DELETE' ? undefined : {};
      const answer = await client(adapter).request(method, url, { ...token, json });
      if (!allowed.includes(name)) {
        expect([name, answer.status, answer.json()]).toEqual([name, 403, DENIED]);
        walked.push(name);
      } else expect([name, answer.status]).toEqual([name, path.includes('{id}') ? 404 : 200]);
    }
    expect(walked).toEqual(
      expect.arrayContaining([
        'POST /auth/password',
        'POST /auth/reauthenticate',
        'POST /auth/logout-all',
        'DELETE /auth/sessions',
        'POST /auth/email/change',
        'POST /auth/email/verify/send',
        'GET /auth/factors',
        'POST /auth/factors/totp',
        'POST /auth/factors/totp/confirm',
        'POST /auth/factors/recovery-codes',
        'DELETE /auth/factors/{id}',
        'POST /auth/passkeys/register/options',
        'POST /auth/passkeys/register',
        'POST /auth/api-keys',
        'GET /auth/api-keys',
        'DELETE /auth/api-keys/{id}',
        'POST /auth/users/{id}/revoke',
      ]),
    );
    expect((await client(adapter).delete('/account', token)).json()).toEqual(DENIED);
    const again = await client(adapter).post(`/admin/users/${person.id}/act`, undefined, token);
    expect(again.json()).toEqual(DENIED);
    expect((await client(adapter).post('/notes', { text: 'for you' }, token)).status).toBe(201);
    expect((await own.get('/notes')).json()).toMatchObject([{ text: 'for you' }]);
  });

  it('is refused as oneself, an equal, an unknown or a disabled user, and to everybody but admins', async () => {
    const equal = await newAdmin(adapter);
    for (const id of [root().id, root().id.toUpperCase(), equal.id])
      expect((await act(id)).json()).toEqual(DENIED);
    expect((await act('00000000-0000-4000-8000-000000000000')).status).toBe(404);
    expect((await act('nobody')).status).toBe(404);
    expect((await act(person.id, own)).json()).toEqual(DENIED);
    expect((await act(person.id, client(adapter))).status).toBe(401);
    expect((await boss.patch(`/admin/users/${person.id}`, { disabled: true })).status).toBe(200);
    expect((await act()).json()).toEqual(DENIED);
  });

  // T-7wdm
  it('every row of the audit trail has both names', async () => {
    const acting = tokensOf(await act());
    const from = (path: string, refreshToken: string) =>
      client(adapter).post(path, { refreshToken });
    expect((await own.post('/auth/refresh')).status).toBe(200);
    const next = tokensOf(await from('/auth/refresh', acting.refreshToken));
    expect((await from('/auth/logout', next.refreshToken)).status).toBe(204);
    const second = tokensOf(await act());
    await from('/auth/refresh', second.refreshToken);
    expect((await from('/auth/refresh', second.refreshToken)).status).toBe(401);
    const third = tokensOf(await act());
    const end = await client(adapter).delete(
      `/auth/sessions/${sidOf(third)}`,
      bearer(third.accessToken),
    );
    expect(end.status).toBe(204);
    const rotations = () =>
      stage().rows(
        "select actor from auth_audit where subject = $1 and type = 'refresh.rotated'",
        person.id,
      );
    // routine records follow within a second; those of the user and of the actor are not one row
    await until(async () => (await rotations()).length >= 2);
    expect(new Set((await rotations()).map(({ actor }) => actor))).toEqual(
      new Set([null, root().id]),
    );
    const rows = (
      await Promise.all([acting, second, third].map((each) => auditOf(sidOf(each))))
    ).flat();
    expect(rows.map(({ type }) => type)).toEqual(
      expect.arrayContaining([
        'login.succeeded',
        'refresh.rotated',
        'refresh.reused',
        'session.ended',
      ]),
    );
    for (const { type, subject, actor } of rows)
      expect([type, subject, actor]).toEqual([type, person.id, root().id]);
  });

  type Ending = (actor: Person & { client: HttpClient }) => Promise<HttpAnswer>;
  // T-5j3v
  it.each<[string, Ending]>([
    ['is disabled', ({ id }) => boss.patch(`/admin/users/${id}`, { disabled: true })],
    ['loses the role', ({ id }) => boss.patch(`/admin/users/${id}`, { role: 'user' })],
    ['is deleted', ({ client: by }) => by.delete('/account')],
    ['is signed out everywhere', ({ client: by }) => by.post('/auth/logout-all')],
    ['is revoked by another admin', ({ id }) => boss.post(`/auth/users/${id}/revoke`)],
    [
      'changes the password',
      ({ client: by }) =>
        by.post('/auth/password', {
          currentPassword: PASSWORD,
          newPassword: 'another river at dusk',
        }),
    ],
  ])(
    'ends on every process when the actor %s, and the user’s own sessions stay',
    async (_, ending) => {
      const actor = await newAdmin(adapter);
      const acting = tokensOf(await act(person.id, actor.client));
      const token = bearer(acting.accessToken);
      expect((await client(other).get('/me', token)).status).toBe(200);
      const handshake = { cookie: `access_token=${acting.accessToken}` };
      const socket = await openSocket(stage().demos[other].url, handshake);
      await socket.message('ready');
      expect((await ending(actor)).status).toBeLessThan(300);
      expect(refusalOf(await client(adapter).get('/me', token))).toEqual(REFUSED);
      expect(
        await acceptedFor(async () => (await client(other).get('/me', token)).status),
      ).toBeLessThan(1_000);
      expect((await socket.closed).code).toBe(4401);
      expect((await refresh(acting.refreshToken)).status).toBe(401);
      expect((await own.get('/me')).status).toBe(200);
      expect((await own.post('/auth/refresh')).status).toBe(200);
      await expectActorEnded(person, acting.accessToken, actor);
    },
  );

  it('cannot be refreshed if the actor was disabled only in the table, like the actor’s own session', async () => {
    const actor = await newAdmin(adapter);
    const { refreshToken } = tokensOf(await act(person.id, actor.client));
    await stage().rows('update users set disabled = true where id = $1', actor.id);
    expect((await actor.client.post('/auth/refresh')).status).toBe(401);
    expect((await refresh(refreshToken)).status).toBe(401);
  });

  it.each<[string, string, (actor: Person) => string]>([
    ['the actor lost the role', 'user', ({ id }) => id],
    ['the user got a higher one', 'admin', () => person.id],
  ])('cannot be refreshed if %s only in the table, and ends everywhere', async (_, role, whose) => {
    const actor = await newAdmin(adapter);
    const { accessToken, refreshToken } = tokensOf(await act(person.id, actor.client));
    await stage().rows('update users set role = $1 where id = $2', role, whose(actor));
    expect(refusalOf(await refresh(refreshToken))).toEqual(REFUSED);
    expect(refusalOf(await client(other).get('/me', bearer(accessToken)))).toEqual(REFUSED);
    await until(async () => (await client(adapter).get('/me', bearer(accessToken))).status === 401);
    expect((await own.post('/auth/refresh')).status).toBe(200);
    await expectActorEnded(person, accessToken, actor);
  });

  it('ends with the user’s sessions, and counts against none of them', async () => {
    const acting = tokensOf(await act());
    expect((await own.post('/auth/logout-all')).status).toBe(204);
    expect(refusalOf(await client(adapter).get('/me', bearer(acting.accessToken)))).toEqual(
      REFUSED,
    );
  });
});
