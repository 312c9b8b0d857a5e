import { beforeAll, describe, expect, it } from '@jest/globals';
import type { HttpClient, RequestOptions } from './support/http.js';
import { ADAPTERS, admin, logIn, PASSWORD, refusalOf, register } from './support/stage.js';
import { useStage } from './support/use-stage.js';

/** Sent as a value wherever a value goes in; may come back nowhere. */
const MARK = 'zq7-marker-zq7';
const JSON_TYPE = { 'content-type': 'application/json' };

const stage = useStage();

describe.each(ADAPTERS)('errors on %s', (adapter) => {
  let client: HttpClient;
  beforeAll(async () => {
    client = stage.demos[adapter].client();
    await logIn(client, admin);
  });

  const login = { email: 'a@people.test', password: 'x' };
  it.each([
    ['/auth/login', {}, ['email', 'password']],
    ['/auth/login', { email: MARK, password: 'x' }, ['email']],
    ['/auth/login', { email: `${MARK}@a@b`, password: 'x' }, ['email']],
    ['/auth/login', { ...login, email: `a${'\u0000'}${MARK}@people.test` }, ['email']],
    ['/auth/login', { ...login, email: [MARK] }, ['email']],
    ['/auth/login', { ...login, password: '' }, ['password']],
    ['/auth/login', { ...login, password: { $ne: MARK } }, ['password']],
    ['/auth/login', { ...login, password: MARK.repeat(100) }, ['password']],
    ['/auth/login', { ...login, rememberMe: MARK }, ['rememberMe']],
    ['/auth/login', { ...login, transport: MARK }, ['transport']],
    ['/auth/login', [MARK], ['body']],
    ['/auth/login', MARK, ['body']],
    ['/auth/register', { email: MARK, password: 1, name: {} }, ['email', 'password', 'name']],
    ['/auth/register', { ...login, password: 'short' }, ['password']],
    ['/auth/refresh', { refreshToken: { token: MARK } }, ['refreshToken']],
    ['/auth/logout', { refreshToken: 7 }, ['refreshToken']],
    ['/auth/password', { currentPassword: 1 }, ['currentPassword', 'newPassword']],
    ['/auth/reauthenticate', { password: null }, ['password']],
    ['/notes', { text: 7 }, ['text']],
    ['/notes', { text: `${MARK}${'\u0000'}` }, ['text']],
  ])('answers %s %j with 400 and the names of the fields alone', async (path, body, fields) => {
    const answer = await client.post(path, body);

    expect(answer.status).toBe(400);
    const { message, ...rest } = answer.json<{ message: string; code?: string }>();
    expect(rest).toMatchObject({ statusCode: 400, error: 'Bad Request' });
    if (path.startsWith('/auth')) expect(rest['code']).toBe('invalid_input');
    for (const field of fields) expect(message).toContain(field);
    expect(answer.text).not.toContain(MARK);
    if (path.startsWith('/auth')) expect(answer.headers['cache-control']).toBe('no-store');
  });

  const send = (body: string, headers: Record<string, string>): RequestOptions => ({
    body,
    headers,
  });
  it.each([
    ['cut off', send(`{"email":"${MARK}","password":"${MARK}`, JSON_TYPE), 400],
    ['no JSON', send(MARK, JSON_TYPE), 400],
    ['JSON with a comma too many', send(`{"password":"${MARK}",}`, JSON_TYPE), 400],
    [
      'a form',
      send(`email=a@b.c&password=${MARK}`, { 'content-type': 'application/x-www-form-urlencoded' }),
      400,
    ],
    [
      'larger than any login',
      send(JSON.stringify({ password: MARK.repeat(200_000) }), JSON_TYPE),
      413,
    ],
    ['not compressed as it says', send('{}', { ...JSON_TYPE, 'content-encoding': 'gzip' }), 400],
    [
      'not compressed as it says either',
      send('{}', { ...JSON_TYPE, 'content-encoding': 'br' }),
      400,
    ],
    ['a prototype', send(`{"__proto__":{"email":"a@b.c"},"password":"${MARK}"}`, JSON_TYPE), 400],
  ])(
    'answers a body that is %s in the standard shape, without quoting it',
    async (_, options, status) => {
      const answer = await client.request('POST', '/auth/login', options);

      expect(answer.status).toBe(status);
      expect(Object.keys(answer.json())).toEqual(['statusCode', 'error', 'message', 'code']);
      expect(answer.json()['statusCode']).toBe(status);
      expect(answer.text).not.toContain(MARK);
      expect(answer.text).not.toContain('zq7');
      expect(answer.headers['cache-control']).toBe('no-store');
    },
  );

  it.each(['text/plain', 'multipart/form-data; boundary=x', 'application/jsonp', 'text/json'])(
    'does not accept %s as JSON',
    async (type) => {
      const body = JSON.stringify({ ...admin });
      const answer = await client.request(
        'POST',
        '/auth/login',
        send(body, { 'content-type': type }),
      );
      expect([400, 415]).toContain(answer.status);
      expect(Object.keys(answer.json())).toEqual(['statusCode', 'error', 'message', 'code']);
      expect(answer.headers['cache-control']).toBe('no-store');
    },
  );

  it('ignores members it does not know', async () => {
    const answer = await client.post(
      '/auth/login',
      { ...admin, isAdmin: true, sub: 'x' },
      { cookies: 'omit' },
    );
    expect(answer.status).toBe(200);
  });

  it.each(['/nowhere', '/auth/nowhere', '/auth', '/auth/login/x'])(
    'answers %s with 404 in the standard shape',
    async (path) => {
      const answer = await client.get(path);
      expect(answer.status).toBe(404);
      expect(answer.json()).toEqual({
        statusCode: 404,
        error: 'Not Found',
        message: expect.any(String),
      });
    },
  );

  it.each([
    '/auth/sessions/%',
    '/auth/sessions/%zz',
    '/auth/users/%ff/revoke',
    `/auth/sessions/%${MARK}`,
  ])('answers the path %s with 400 in the standard shape, without quoting it', async (path) => {
    const answer = await client.request(path.endsWith('revoke') ? 'POST' : 'DELETE', path);
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.json())).toEqual(['statusCode', 'error', 'message', 'code']);
    expect(answer.text).not.toContain('%');
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('finds no session and no user by an id of the longest length that a path can have', async () => {
    const id = 'x'.repeat(255);
    expect((await client.delete(`/auth/sessions/${id}`)).status).toBe(404);
    expect((await client.post(`/auth/users/${id}/revoke`)).status).toBe(404);
  });

  it('answers a write for somebody who is gone with 400', async () => {
    const person = await register(client);
    const gone = stage.demos[adapter].client();
    await logIn(gone, person);
    await stage.rows('delete from users where id = $1', person.id);
    expect((await gone.post('/notes', { text: 'x' })).status).toBe(400);
  });

  // T-j4xx
  it('refuses every login with the same bytes and headers', async () => {
    const person = await register(client);
    const disabled = await register(client);
    await stage.rows('update users set disabled = true where id = $1', disabled.id);
    const tries = [
      { email: 'nobody@people.test', password: PASSWORD },
      { email: person.email, password: 'wrong password' },
      { email: disabled.email, password: PASSWORD },
      { email: disabled.email, password: 'wrong password' },
      { email: person.email, password: `${PASSWORD} ` },
      { email: "' or 1=1 --@x", password: PASSWORD },
    ];
    const stranger = stage.demos[adapter].client();
    const answers: unknown[] = [];
    for (const body of tries.slice(0, 5)) {
      const answer = await stranger.post('/auth/login', body);
      const { date: _, ...headers } = answer.headers;
      answers.push({ status: answer.status, text: answer.text, headers });
    }

    expect(new Set(answers.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(answers[0]).toMatchObject({
      status: 401,
      text: '{"statusCode":401,"error":"Unauthorized","message":"Login refused","code":"login_refused"}',
      headers: { 'cache-control': 'no-store', 'www-authenticate': 'Bearer' },
    });
  });

  it('reveals nothing about itself in any header', async () => {
    const answer = await client.get('/nowhere');
    expect(answer.headers['x-powered-by']).toBeUndefined();
    expect(answer.headers['server']).toBeUndefined();
  });

  // T-xv56
  it('stores no answer of a token route in a cache, errors included', async () => {
    const anonymous = stage.demos[adapter].client();
    for (const [method, path] of [
      ['POST', '/auth/login'],
      ['POST', '/auth/refresh'],
      ['POST', '/auth/logout'],
      ['GET', '/auth/me'],
      ['GET', '/auth/sessions'],
      ['POST', '/auth/password'],
      ['POST', '/auth/users/x/revoke'],
    ] as const)
      expect((await anonymous.request(method, path)).headers['cache-control']).toBe('no-store');
    const refused = await anonymous.get('/me');
    expect(refusalOf(refused).status).toBe(401);
  });

  // T-27vq
  it('printed no password and no token', () => {
    const printed = stage.demos[adapter].output();
    expect(printed).not.toContain(PASSWORD);
    expect(printed).not.toContain(MARK);
    expect(printed).not.toContain(client.jar.get('access_token')?.split('.')[2]);
    expect(printed).not.toContain(client.jar.get('refresh_token'));
  });
});
