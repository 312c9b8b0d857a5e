import { beforeEach, describe, expect, it } from '@jest/globals';
import type { HttpClient } from './support/http.js';
import {
  claimsOf,
  cookieShapes,
  logIn,
  PASSWORD,
  type Person,
  REFUSED,
  refusalOf,
  type Row,
  signUp,
} from './support/stage.js';
import { useStage } from './support/use-stage.js';

const NEW_PASSWORD = 'another quiet river';
const PASSWORD_REFUSED =
  '{"statusCode":403,"error":"Forbidden","message":"Password refused","code":"password_refused"}';
const TOO_OLD = 'Bearer error="insufficient_user_authentication", max_age="300"';
const NEW_COOKIES = [
  'access_token=•; Max-Age=900; Path=/; HttpOnly; Secure; SameSite=Lax',
  'refresh_token=•; Max-Age=2592000; Path=/auth; HttpOnly; Secure; SameSite=Strict',
];

const DEVICE = 'device=•; Max-Age=34560000; Path=/auth; HttpOnly; Secure; SameSite=Strict';

const stage = useStage({ adapters: ['express'], env: { LOGIN_THROTTLE: '3/1000/1000/15m' } });

describe('proving the password', () => {
  let client: HttpClient;
  let person: Person;
  beforeEach(async () => {
    client = stage.demos.express.client();
    person = await signUp(client);
    expect(client.jar.get('device')).toBeDefined();
  });

  const change = (from: HttpClient, more: Row = {}) =>
    from.post('/auth/password', { currentPassword: PASSWORD, newPassword: NEW_PASSWORD, ...more });
  /** The session's proof was given ten minutes ago, and the access token says so. */
  const letProofAge = async (from = client) => {
    await stage.rows(
      `update auth_sessions set auth_time = auth_time - interval '10 minutes' where subject = $1`,
      person.id,
    );
    expect((await from.post('/auth/refresh')).status).toBe(200);
  };
  const access = (from: HttpClient) => claimsOf(from.jar.get('access_token') ?? '');

  // T-qvx3
  it('is changed: this session gets new tokens, and everything older is refused', async () => {
    const other = stage.demos.express.client();
    await logIn(other, person);
    await letProofAge();
    const before = client.copy();

    const answer = await change(client);

    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ tokenType: 'Bearer', expiresIn: 900 });
    // the epoch moved, and the device id with it
    expect(cookieShapes(answer)).toEqual([...NEW_COOKIES, DEVICE]);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(access(client)).toMatchObject({ sid: access(before)['sid'], tokenVersion: 2 });
    expect(
      Number(access(client)['auth_time']) - Number(access(before)['auth_time']),
    ).toBeGreaterThan(590);
    expect((await client.get('/me')).status).toBe(200);
    for (const dead of [before, other]) expect(refusalOf(await dead.get('/me'))).toEqual(REFUSED);
    expect((await other.post('/auth/refresh')).status).toBe(401);
    expect((await client.post('/auth/refresh')).status).toBe(200);

    const login = (password: string) =>
      client.post('/auth/login', { email: person.email, password });
    expect((await login(PASSWORD)).status).toBe(401);
    expect((await login(NEW_PASSWORD)).status).toBe(200);
  });

  // T-cd6j
  it('answers a bearer session in the body, and needs its current refresh token', async () => {
    const mobile = stage.demos.express.client();
    const first = (await logIn(mobile, person, { transport: 'bearer' })).json<
      Record<string, string>
    >();
    const withToken = { headers: { authorization: `Bearer ${first['accessToken']}` } };
    const spent = first['refreshToken'];
    const current = (await mobile.post('/auth/refresh', { refreshToken: spent })).json()[
      'refreshToken'
    ];
    const body = (refreshToken: unknown) => ({
      currentPassword: PASSWORD,
      newPassword: NEW_PASSWORD,
      refreshToken,
    });

    for (const wrong of [spent, client.jar.get('refresh_token'), 'x'])
      expect(refusalOf(await mobile.post('/auth/password', body(wrong), withToken))).toEqual(
        REFUSED,
      );
    expect((await client.get('/me')).status).toBe(200);

    const answer = await mobile.post('/auth/password', body(current), withToken);
    expect(answer.status).toBe(200);
    expect(answer.setCookies).toEqual([]);
    expect(answer.json()).toEqual({
      tokenType: 'Bearer',
      expiresIn: 900,
      accessToken: expect.any(String),
      refreshToken: expect.any(String),
    });
    const next = answer.json()['refreshToken'];
    expect((await mobile.post('/auth/refresh', { refreshToken: next })).status).toBe(200);
  });

  it.each([
    ['shorter than 8 characters', 'short 1'],
    ['among the most used', 'password1'],
    ['empty', ''],
    ['the current one', PASSWORD],
    ['longer than 1024 bytes', 'é'.repeat(513)],
  ])(
    'refuses a new password that is %s, names the field, and changes nothing',
    async (_, newPassword) => {
      const answer = await change(client, { newPassword });

      expect(answer.status).toBe(400);
      expect(answer.json()).toEqual({
        statusCode: 400,
        error: 'Bad Request',
        message: expect.stringMatching(/^newPassword: /),
        code: 'invalid_input',
      });
      if (newPassword) expect(answer.text).not.toContain(newPassword);
      expect((await client.get('/me')).status).toBe(200);
      expect((await client.post('/auth/refresh')).status).toBe(200);
    },
  );

  // T-9dpr
  it('refuses a wrong current password with 403, keeps the session, and counts it as a failed login', async () => {
    for (const _ of [1, 2]) {
      const answer = await change(client, { currentPassword: 'wrong password' });
      expect(answer.status).toBe(403);
      expect(answer.text).toBe(PASSWORD_REFUSED);
      expect(answer.setCookies).toEqual([]);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
    const third = await client.post('/auth/reauthenticate', { password: 'wrong password' });
    expect(third.text).toBe(PASSWORD_REFUSED);

    const throttled = await change(client);
    expect(throttled.status).toBe(429);
    expect(Number(throttled.headers['retry-after'])).toBeGreaterThan(0);
    expect((await client.post('/auth/reauthenticate', { password: PASSWORD })).status).toBe(429);
    const { email, password } = person;
    expect((await client.post('/auth/login', { email, password })).status).toBe(429);
    const otherDevice = stage.demos.express.client();
    expect((await otherDevice.post('/auth/login', { email, password })).status).toBe(200);
    expect((await client.get('/me')).status).toBe(200);
  });

  // T-4dkw
  it('counts guesses of an unknown device together with failed logins', async () => {
    client.jar.delete('device');
    for (const _ of [1, 2, 3])
      expect((await change(client, { currentPassword: 'wrong password' })).status).toBe(403);
    const { email, password } = person;
    const stranger = stage.demos.express.client();
    expect((await stranger.post('/auth/login', { email, password })).status).toBe(429);
  });

  it('does not count a right password', async () => {
    for (const _ of [1, 2, 3, 4, 5])
      expect((await client.post('/auth/reauthenticate', { password: PASSWORD })).status).toBe(200);
  });

  // T-fs6m
  it('reauthenticates: a fresh auth_time and refresh token, without effect on other sessions', async () => {
    const other = stage.demos.express.client();
    await logIn(other, person);
    await letProofAge();
    const before = client.copy();

    const answer = await client.post('/auth/reauthenticate', { password: PASSWORD });

    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ tokenType: 'Bearer', expiresIn: 900 });
    expect(cookieShapes(answer)).toEqual(NEW_COOKIES);
    expect(
      Number(access(client)['auth_time']) - Number(access(before)['auth_time']),
    ).toBeGreaterThan(590);
    expect(access(client)['sid']).toBe(access(before)['sid']);
    expect(client.jar.get('refresh_token')).not.toBe(before.jar.get('refresh_token'));
    expect((await other.get('/me')).status).toBe(200);
    expect((await client.post('/auth/refresh')).status).toBe(200);
  });

  // T-qsnd
  it('a route with @RecentAuth asks for a newer proof (RFC 9470), and accepts it', async () => {
    await letProofAge();

    const refused = await client.delete('/account');
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toBe(TOO_OLD);
    expect(refused.json()).toEqual({
      statusCode: 401,
      error: 'Unauthorized',
      message: 'More recent authentication is required',
      code: 'reauthentication_required',
    });
    expect(await stage.rows('select id from users where id = $1', person.id)).toHaveLength(1);

    expect((await client.post('/auth/reauthenticate', { password: PASSWORD })).status).toBe(200);
    expect((await client.delete('/account')).status).toBe(204);
    expect(await stage.rows('select id from users where id = $1', person.id)).toHaveLength(0);
    expect(refusalOf(await client.get('/me'))).toEqual(REFUSED);
    expect((await client.post('/auth/refresh')).status).toBe(401);
  });

  it('a password change counts as a proof', async () => {
    await letProofAge();
    await change(client);
    expect((await client.delete('/account')).status).toBe(204);
  });

  // T-ncvb
  it('a refresh does not count as a proof', async () => {
    await letProofAge();
    await client.post('/auth/refresh');
    expect((await client.delete('/account')).headers['www-authenticate']).toBe(TOO_OLD);
  });

  it('asks for an access token', async () => {
    client.jar.delete('access_token');
    for (const path of ['/auth/password', '/auth/reauthenticate'])
      expect((await client.post(path, { password: PASSWORD })).status).toBe(401);
  });
});
