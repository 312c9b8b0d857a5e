import { request } from 'node:http';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { HttpClient } from './support/http.js';
import {
  bearer,
  claimsOf,
  CLEARED,
  logIn,
  type Person,
  REFUSED,
  refusalOf,
  signUp,
} from './support/stage.js';
import { useStage } from './support/use-stage.js';

const stage = useStage();

describe('logging out', () => {
  let client: HttpClient;
  let person: Person;
  beforeEach(async () => {
    client = stage.demos.fastify.client();
    person = await signUp(client);
  });

  const reasons = async () => {
    const rows = await stage.rows(
      'select end_reason from auth_sessions where subject = $1 order by created_at',
      person.id,
    );
    return rows.map((row) => row['end_reason']);
  };
  const expired = (token = client.jar.get('access_token') ?? '') => {
    const longAgo = Math.floor(Date.now() / 1000) - 7200;
    return stage.signed({ ...claimsOf(token), iat: longAgo, nbf: longAgo, exp: longAgo + 900 });
  };

  it('ends the session, clears both cookies in their scope, and keeps the device cookie', async () => {
    const kept = client.copy();
    const answer = await client.post('/auth/logout');

    expect(answer.status).toBe(204);
    expect(answer.text).toBe('');
    expect(answer.setCookies).toEqual(CLEARED);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(client.jar.names()).toEqual(['device']);
    expect(refusalOf(await kept.get('/me'))).toEqual(REFUSED);
    expect((await kept.post('/auth/refresh')).status).toBe(401);
    expect(await reasons()).toEqual(['logout']);
  });

  // T-54vn
  it('is refused by the other process as well', async () => {
    const token = client.jar.get('access_token') ?? '';
    const elsewhere = stage.demos.express.client();
    expect((await elsewhere.get('/me', bearer(token))).status).toBe(200);

    await client.post('/auth/logout');

    const until = performance.now() + 1000;
    let answer = await elsewhere.get('/me', bearer(token));
    while (answer.status === 200 && performance.now() < until)
      answer = await elsewhere.get('/me', bearer(token));
    expect(refusalOf(answer)).toEqual(REFUSED);
  });

  it('accepts an expired access token', async () => {
    const token = expired();
    expect(refusalOf(await client.get('/me', { ...bearer(token), cookies: 'omit' }))).toEqual(
      REFUSED,
    );

    const answer = await client.post('/auth/logout', undefined, {
      ...bearer(token),
      cookies: 'omit',
    });

    expect(answer.status).toBe(204);
    expect(await reasons()).toEqual(['logout']);
    expect(refusalOf(await client.get('/me'))).toEqual(REFUSED);
  });

  it('accepts a refresh token of an old generation', async () => {
    const old = client.jar.get('refresh_token');
    for (const _ of [1, 2]) await client.post('/auth/refresh');

    const answer = await client.post('/auth/logout', { refreshToken: old }, { cookies: 'omit' });

    expect(answer.status).toBe(204);
    expect(await reasons()).toEqual(['logout']);
    expect(refusalOf(await client.get('/me'))).toEqual(REFUSED);
  });

  it('ends both sessions if two tokens name two', async () => {
    const other = stage.demos.fastify.client();
    const { refreshToken } = (await logIn(other, person, { transport: 'bearer' })).json();

    expect((await client.post('/auth/logout', { refreshToken })).status).toBe(204);

    expect(await reasons()).toEqual(['logout', 'logout']);
  });

  it('keeps the other sessions of the user', async () => {
    const other = stage.demos.fastify.client();
    await logIn(other, person);

    await client.post('/auth/logout');

    expect((await other.get('/me')).status).toBe(200);
    expect(await reasons()).toEqual(['logout', null]);
  });

  it.each([
    ['no token', () => ({})],
    ['a bad access token', () => ({ headers: { authorization: 'Bearer x' } })],
    ['two access cookies', () => ({ headers: { cookie: 'access_token=a; access_token=b' } })],
    ['a malformed refresh token', () => ({ headers: { cookie: 'refresh_token=x' } })],
    [
      'a forged one that has expired',
      () => ({ headers: { authorization: `Bearer ${expired().slice(0, -6)}AAAAAA` } }),
    ],
  ])('answers %s with 204 too, and ends nothing', async (_, options) => {
    const answer = await client.post('/auth/logout', undefined, { ...options(), cookies: 'omit' });

    expect(answer.status).toBe(204);
    expect(answer.setCookies).toEqual(CLEARED);
    expect(await reasons()).toEqual([null]);
  });

  it('is 204 the second time', async () => {
    const again = client.copy();
    await client.post('/auth/logout');
    expect((await again.post('/auth/logout')).status).toBe(204);
  });

  it('ends a session whose access token has been revoked already by the version', async () => {
    await stage.rows(
      'update auth_subjects set token_version = token_version + 1 where subject = $1',
      person.id,
    );
    expect((await client.post('/auth/logout')).status).toBe(204);
    expect(await reasons()).toEqual(['logout']);
  });

  // T-q4ft
  it('ends every session and every access token with logout-all', async () => {
    const other = stage.demos.fastify.client();
    await logIn(other, person);
    const kept = client.copy();

    const answer = await client.post('/auth/logout-all');

    expect(answer.status).toBe(204);
    expect(answer.setCookies).toEqual(CLEARED);
    expect(answer.headers['cache-control']).toBe('no-store');
    for (const each of [kept, other]) {
      expect(refusalOf(await each.get('/me'))).toEqual(REFUSED);
      expect((await each.post('/auth/refresh')).status).toBe(401);
    }
    expect(await reasons()).toEqual(['logout_all', 'logout_all']);
    const [subject] = await stage.rows(
      'select token_version, session_epoch from auth_subjects where subject = $1',
      person.id,
    );
    expect(subject).toEqual({ token_version: 2, session_epoch: 2 });
    expect((await logIn(client, person)).status).toBe(200);
    expect((await client.get('/me')).status).toBe(200);
  });

  /** A sign-out whose body comes in chunks. */
  const inChunks = (
    adapter: 'express' | 'fastify',
    chunks: readonly string[],
    headers: Readonly<Record<string, string>>,
  ) =>
    new Promise<number | undefined>((resolve, reject) => {
      const sent = request(`${stage.demos[adapter].url}/auth/logout`, {
        method: 'POST',
        headers: { ...headers, 'transfer-encoding': 'chunked' },
      });
      sent.on('response', (answer) => resolve(answer.resume().statusCode)).on('error', reject);
      for (const chunk of chunks) sent.write(chunk);
      sent.end();
    });
  const JSON_TYPE = { 'content-type': 'application/json' };

  // T-w6ch
  it.each([
    ['express', 400],
    ['fastify', 415],
  ] as const)(
    'refuses a body in chunks without a type, and ends nothing (%s)',
    async (adapter, status) => {
      const cookie = `access_token=${client.jar.get('access_token') ?? ''}`;
      const body = [JSON.stringify({ refreshToken: 'unread' })];
      expect(await inChunks(adapter, body, { cookie })).toBe(status);
      expect(await reasons()).toEqual([null]);
    },
  );

  // T-w7ch
  it.each([
    ['express', {}],
    ['express', JSON_TYPE],
    ['fastify', {}],
    ['fastify', JSON_TYPE],
  ] as const)('takes an empty body in chunks for none (%s, %j)', async (adapter, type) => {
    const cookie = `access_token=${client.jar.get('access_token') ?? ''}`;
    expect(await inChunks(adapter, [], { cookie, ...type })).toBe(204);
    expect(await reasons()).toEqual(['logout']);
  });

  it.each(['express', 'fastify'] as const)('reads JSON in chunks (%s)', async (adapter) => {
    const answer = await logIn(client, person, { transport: 'bearer' });
    const [head, rest] = ['{"refreshToken":', `"${String(answer.json()['refreshToken'])}"}`];
    expect(await inChunks(adapter, [head, rest], JSON_TYPE)).toBe(204);
    expect(await reasons()).toEqual([null, 'logout']);
  });
});
