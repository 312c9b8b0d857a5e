import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { HttpClient } from './support/http.js';
import {
  claimsOf,
  CLEARED,
  logIn,
  type Person,
  REFUSED,
  refusalOf,
  type Row,
  signUp,
} from './support/stage.js';
import { useStage } from './support/use-stage.js';

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const NOT_FOUND = {
  statusCode: 404,
  error: 'Not Found',
  message: 'Session not found',
  code: 'not_found',
};

const stage = useStage({ adapters: ['fastify'] });

describe('sessions', () => {
  let client: HttpClient;
  let person: Person;
  beforeEach(async () => {
    client = stage.demos.fastify.client();
    person = await signUp(client);
  });

  const list = async (from = client) => (await from.get('/auth/sessions')).json<Row[]>();
  const idOf = (from: HttpClient) => String(claimsOf(from.jar.get('access_token') ?? '')['sid']);
  const anotherDevice = async () => {
    const other = stage.demos.fastify.client();
    await logIn(other, person, { rememberMe: true });
    return other;
  };

  // T-s9wx
  it('lists each with its times in ISO 8601 UTC, address and user agent, and marks the current one', async () => {
    const other = stage.demos.fastify.client();
    await other.post(
      '/auth/login',
      { email: person.email, password: person.password, rememberMe: true },
      { headers: { 'user-agent': 'Test/1.0' } },
    );

    const answer = await other.get('/auth/sessions');

    expect(answer.headers['cache-control']).toBe('no-store');
    const sessions = answer.json<Row[]>();
    const time = expect.stringMatching(ISO);
    expect(sessions).toEqual([
      {
        id: idOf(other),
        createdAt: time,
        lastUsedAt: time,
        expiresAt: time,
        ip: '127.0.0.1',
        userAgent: 'Test/1.0',
        persistent: true,
        current: true,
      },
      {
        id: idOf(client),
        createdAt: time,
        lastUsedAt: time,
        expiresAt: time,
        ip: '127.0.0.1',
        userAgent: null,
        persistent: false,
        current: false,
      },
    ]);
    const days = (row: Row | undefined) =>
      (Date.parse(String(row?.['expiresAt'])) - Date.parse(String(row?.['lastUsedAt']))) /
      86_400_000;
    expect(sessions.map((each) => Math.round(days(each)))).toEqual([90, 30]);
  });

  it('moves lastUsedAt with a refresh, not createdAt', async () => {
    const [before] = await list();
    await client.post('/auth/refresh');
    const [after] = await list();

    expect(after?.['createdAt']).toBe(before?.['createdAt']);
    expect(Date.parse(String(after?.['lastUsedAt']))).toBeGreaterThan(
      Date.parse(String(before?.['lastUsedAt'])),
    );
  });

  it('lists neither ended nor expired sessions, nor those of others', async () => {
    await signUp(stage.demos.fastify.client());
    const [gone, stale] = [await anotherDevice(), await anotherDevice()];
    await gone.post('/auth/logout');
    await stage.rows(`update auth_sessions set idle_expires_at = now() where id = $1`, idOf(stale));

    expect((await list()).map(({ id }) => id)).toEqual([idOf(client)]);
  });

  // T-mhhc
  it('ends one session of the caller at once', async () => {
    const other = await anotherDevice();

    const id = idOf(other);

    const answer = await client.delete(`/auth/sessions/${id}`);

    expect(answer.status).toBe(204);
    expect(answer.setCookies).toEqual([]);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(refusalOf(await other.get('/me'))).toEqual(REFUSED);
    expect((await other.post('/auth/refresh')).status).toBe(401);
    expect((await client.get('/me')).status).toBe(200);
    expect(await stage.rows('select end_reason from auth_sessions where id = $1', id)).toEqual([
      { end_reason: 'ended_by_user' },
    ]);
  });

  it('clears the cookies when it is the current one that ends', async () => {
    const answer = await client.delete(`/auth/sessions/${idOf(client).toUpperCase()}`);
    expect(answer.status).toBe(204);
    expect(answer.setCookies).toEqual(CLEARED);
  });

  it('answers 404 for another user’s, an unknown, an ended and a malformed id', async () => {
    const stranger = stage.demos.fastify.client();
    await signUp(stranger);
    const ended = await anotherDevice();
    const endedId = idOf(ended);
    await ended.post('/auth/logout');

    for (const id of [idOf(stranger), randomUUID(), endedId, 'x', '%00', `${endedId}%20`]) {
      const answer = await client.delete(`/auth/sessions/${id}`);
      expect(answer.status).toBe(404);
      expect(answer.json()).toEqual(NOT_FOUND);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
    expect((await stranger.get('/me')).status).toBe(200);
  });

  // T-dptq
  it('ends all the others and keeps the current one working', async () => {
    const others = [await anotherDevice(), await anotherDevice()];

    const answer = await client.delete('/auth/sessions');

    expect(answer.status).toBe(204);
    for (const other of others) {
      expect(refusalOf(await other.get('/me'))).toEqual(REFUSED);
      expect((await other.post('/auth/refresh')).status).toBe(401);
    }
    expect((await client.get('/me')).status).toBe(200);
    expect((await client.post('/auth/refresh')).status).toBe(200);
    expect((await list()).map(({ current }) => current)).toEqual([true]);
  });

  // T-bbkj
  it('ends the oldest when a user opens the 101st', async () => {
    await stage.rows(
      `insert into auth_sessions (id, subject, epoch, token_hash, transport, auth_time, created_at, last_used_at, idle_expires_at, absolute_expires_at)
       select gen_random_uuid(), subject, epoch, sha256(n::text::bytea), transport, auth_time, now() + n * interval '1 ms', now(), idle_expires_at, absolute_expires_at
       from auth_sessions, generate_series(1, 99) n where subject = $1`,
      person.id,
    );
    expect(await list()).toHaveLength(100);

    const newest = await anotherDevice();

    expect(await list(newest)).toHaveLength(100);
    expect(refusalOf(await client.get('/me'))).toEqual(REFUSED);
    expect((await client.post('/auth/refresh')).status).toBe(401);
    const ended = await stage.rows(
      'select end_reason from auth_sessions where subject = $1 and ended_at is not null',
      person.id,
    );
    expect(ended).toEqual([{ end_reason: 'limit' }]);
  });

  it('asks for an access token', async () => {
    client.jar.clear();
    for (const [method, path] of [
      ['GET', '/auth/sessions'],
      ['DELETE', '/auth/sessions'],
      ['DELETE', `/auth/sessions/${randomUUID()}`],
      ['POST', '/auth/logout-all'],
    ] as const) {
      const answer = await client.request(method, path);
      expect(answer.status).toBe(401);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
  });
});
