import { once } from 'node:events';
import { connect } from 'node:net';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { HttpClient } from './support/http.js';
import { refreshWith, sessionsOf } from './support/refreshing.js';
import {
  ADAPTERS,
  AUTHENTICATION_FAILED,
  claimsOf,
  CLEARED,
  cookieShapes,
  logIn,
  type Person,
  REFUSED,
  refusalOf,
  signUp,
  UNAUTHENTICATED,
} from './support/stage.js';
import { useStage } from './support/use-stage.js';

const stage = useStage();

describe.each(ADAPTERS)('refreshing on %s', (adapter) => {
  let client: HttpClient;
  let person: Person;
  beforeEach(async () => {
    client = stage.demos[adapter].client();
    person = await signUp(client);
  });

  const sessions = () => sessionsOf(stage, person);

  it('rotates: sets both cookies, and answers like a login without the user', async () => {
    const before = client.jar.copy();
    const answer = await client.post('/auth/refresh');

    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ tokenType: 'Bearer', expiresIn: 900 });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(cookieShapes(answer)).toEqual([
      'access_token=•; Max-Age=900; Path=/; HttpOnly; Secure; SameSite=Lax',
      'refresh_token=•; Max-Age=2592000; Path=/auth; HttpOnly; Secure; SameSite=Strict',
    ]);
    expect(client.jar.get('refresh_token')).not.toBe(before.get('refresh_token'));
    const [old, fresh] = [before, client.jar].map((jar) => claimsOf(jar.get('access_token') ?? ''));
    expect(fresh).toMatchObject({
      sid: old?.['sid'],
      sub: person.id,
      auth_time: old?.['auth_time'],
    });
    expect(fresh?.['jti']).not.toBe(old?.['jti']);
    expect(await sessions()).toEqual([{ generation: 2, open: true, end_reason: null }]);
  });

  it('is not done for a request that is cut short before its body', async () => {
    const { hostname, port } = new URL(stage.demos[adapter].url);
    const head = [
      'POST /auth/refresh HTTP/1.1',
      `host: ${hostname}:${port}`,
      'content-type: application/json',
      'transfer-encoding: chunked',
      `cookie: refresh_token=${client.jar.get('refresh_token') ?? ''}`,
    ];
    const socket = connect(Number(port), hostname).resume();
    socket.end([...head, '', ''].join('\r\n'));
    await once(socket, 'close');
    for (let n = 0; n < 3; n++) expect((await client.post('/auth/refresh')).status).toBe(200);
    expect(await sessions()).toEqual([{ generation: 4, open: true, end_reason: null }]);
  });

  // T-8vzk
  it('keeps the remembered lifetime over a rotation', async () => {
    const other = stage.demos[adapter].client();
    await logIn(other, person, { rememberMe: true });

    const answer = await other.post('/auth/refresh');

    expect(cookieShapes(answer)[1]).toContain('Max-Age=7776000;');
    expect(answer.json()['expiresIn']).toBe(900);
  });

  // T-5pgs
  it('keeps the transport: bearer in the body, hybrid in cookie and body', async () => {
    const bearerClient = stage.demos[adapter].client();
    const { refreshToken } = (await logIn(bearerClient, person, { transport: 'bearer' })).json();
    const bearerAnswer = await bearerClient.post('/auth/refresh', { refreshToken });
    expect(Object.keys(bearerAnswer.json()).sort()).toEqual(
      ['accessToken', 'expiresIn', 'refreshToken', 'tokenType'].sort(),
    );
    expect(bearerAnswer.setCookies).toEqual([]);

    const hybridClient = stage.demos[adapter].client();
    await logIn(hybridClient, person, { transport: 'hybrid' });
    const hybridAnswer = await hybridClient.post('/auth/refresh');
    expect(Object.keys(hybridAnswer.json()).sort()).toEqual([
      'accessToken',
      'expiresIn',
      'tokenType',
    ]);
    expect(cookieShapes(hybridAnswer).map((line) => line.split('=')[0])).toEqual(['refresh_token']);
  });

  // T-bcb9
  it('never puts the token of a cookie session into a body, even if it came in one', async () => {
    const refreshToken = client.jar.get('refresh_token');
    const answer = await client.post('/auth/refresh', { refreshToken }, { cookies: 'omit' });

    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ tokenType: 'Bearer', expiresIn: 900 });
    expect(answer.setCookies.map((line) => line.split('=')[0])).toEqual([
      'access_token',
      'refresh_token',
    ]);
  });

  it('uses the cookie if there is a token in the body as well', async () => {
    const other = stage.demos[adapter].client();
    const { refreshToken } = (await logIn(other, person, { transport: 'bearer' })).json();

    expect((await client.post('/auth/refresh', { refreshToken })).status).toBe(200);
    expect(await sessions()).toMatchObject([{ generation: 2 }, { generation: 1 }]);
  });

  it('refuses a newer generation and another hash of the current one, and ends nothing (a restored database)', async () => {
    await client.post('/auth/refresh');
    await client.post('/auth/refresh');
    const rewind = `update auth_sessions set generation = $2 where subject = $1`;

    await stage.rows(rewind, person.id, 2);
    const newer = await client.copy().post('/auth/refresh');
    expect(refusalOf(newer)).toEqual(REFUSED);
    expect(newer.setCookies).toEqual([]);
    expect(await sessions()).toMatchObject([{ generation: 2, open: true }]);

    await stage.rows(
      `update auth_sessions set generation = 3, token_hash = sha256('x') where subject = $1`,
      person.id,
    );
    const other = await client.copy().post('/auth/refresh');
    expect(refusalOf(other)).toEqual(REFUSED);
    expect(other.setCookies).toEqual([]);
    expect(await sessions()).toMatchObject([{ generation: 3, open: true }]);
    expect((await client.get('/me')).status).toBe(200);
  });

  it('refuses malformed and foreign tokens without any other effect, and clears what came by cookie', async () => {
    const token = client.jar.get('refresh_token') ?? '';
    const flipped = `${token.slice(0, 40)}${token[40] === 'A' ? 'B' : 'A'}${token.slice(41)}`;
    const unknown = await foreignToken(token);
    const malformed = [
      flipped,
      unknown,
      `${token}A`,
      `${token}=`,
      token.slice(0, -1),
      token.toLowerCase(),
    ];

    for (const each of malformed) {
      const byCookie = await refreshWith(each, client);
      expect(refusalOf(byCookie)).toEqual(REFUSED);
      expect(byCookie.setCookies).toEqual(CLEARED);
      const byBody = await client.post(
        '/auth/refresh',
        { refreshToken: each },
        { cookies: 'omit' },
      );
      expect(refusalOf(byBody)).toEqual(REFUSED);
      expect(byBody.setCookies).toEqual([]);
    }
    expect(await sessions()).toEqual([{ generation: 1, open: true, end_reason: null }]);
    expect((await client.post('/auth/refresh')).status).toBe(200);
  });

  /** A genuine token whose session is gone from the table. */
  async function foreignToken(_like: string): Promise<string> {
    const other = stage.demos[adapter].client();
    const { id } = await signUp(other);
    await stage.rows('delete from auth_sessions where subject = $1', id);
    return other.jar.get('refresh_token') ?? '';
  }

  it('refuses two refresh cookies, whatever they hold', async () => {
    const token = client.jar.get('refresh_token');
    const answer = await client.post('/auth/refresh', undefined, {
      headers: { cookie: `refresh_token=${token}; refresh_token=${token}` },
      cookies: 'omit',
    });
    expect(answer.status).toBe(401);
    expect(await sessions()).toMatchObject([{ generation: 1, open: true }]);
  });

  it('answers a missing refresh token like a missing access token', async () => {
    client.jar.clear();
    const answer = await client.post('/auth/refresh');
    expect(refusalOf(answer)).toEqual(UNAUTHENTICATED);
    expect(answer.text).toBe(AUTHENTICATION_FAILED);
    expect(answer.setCookies).toEqual([]);
  });

  // T-wqcz
  it('refuses a session past its idle or absolute expiry', async () => {
    for (const column of ['idle_expires_at', 'absolute_expires_at']) {
      const other = stage.demos[adapter].client();
      const { id } = await signUp(other);
      await stage.rows(
        `update auth_sessions set ${column} = now() - interval '1 second' where subject = $1`,
        id,
      );
      expect(refusalOf(await other.post('/auth/refresh'))).toEqual(REFUSED);
    }
  });

  // T-cwjg
  it('never outlives the absolute lifetime, however often it is refreshed', async () => {
    await stage.rows(
      `update auth_sessions set absolute_expires_at = now() + interval '1 hour' where subject = $1`,
      person.id,
    );
    const answer = await client.post('/auth/refresh');
    const [, maxAge] = /Max-Age=(\d+)/.exec(answer.setCookies[1] ?? '') ?? [];
    expect(Number(maxAge)).toBeLessThanOrEqual(3600);
    expect(Number(maxAge)).toBeGreaterThan(3500);
  });
});
