import { beforeEach, describe, expect, it } from '@jest/globals';
import type { HttpClient } from './support/http.js';
import {
  ADAPTERS,
  admin,
  bearer,
  claimsOf,
  CLEARED,
  cookieShapes,
  logIn,
  PASSWORD,
  refusalOf,
  register,
  signUp,
  UNAUTHENTICATED,
} from './support/stage.js';
import { useStage } from './support/use-stage.js';

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
const ACCESS = 'access_token=•; Max-Age=900; Path=/; HttpOnly; Secure; SameSite=Lax';
const REFRESH = 'refresh_token=•; Max-Age=2592000; Path=/auth; HttpOnly; Secure; SameSite=Strict';
const REMEMBERED =
  'refresh_token=•; Max-Age=7776000; Path=/auth; HttpOnly; Secure; SameSite=Strict';
const DEVICE = 'device=•; Max-Age=34560000; Path=/auth; HttpOnly; Secure; SameSite=Strict';

const stage = useStage();

describe.each(ADAPTERS)('signing in on %s', (adapter) => {
  let client: HttpClient;
  beforeEach(() => {
    client = stage.demos[adapter].client();
  });

  // T-zd5b
  it('answers a login by cookie, the default, with three cookies and no token in the body', async () => {
    const person = await register(client);
    const answer = await logIn(client, person);

    expect(answer.json()).toEqual({
      user: { id: person.id, email: person.email, role: 'user' },
      tokenType: 'Bearer',
      expiresIn: 900,
    });
    expect(cookieShapes(answer)).toEqual([ACCESS, REFRESH, DEVICE]);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect((await client.get('/me')).status).toBe(200);
  });

  // T-wqmk
  it('answers a hybrid login with the access token in the body and clears the access cookie', async () => {
    const { answer, id, email } = await signUp(client, { transport: 'hybrid' });

    expect(answer.json()).toEqual({
      user: { id, email, role: 'user' },
      tokenType: 'Bearer',
      expiresIn: 900,
      accessToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    });
    expect(cookieShapes(answer).sort()).toEqual([CLEARED[0], DEVICE, REFRESH].sort());
    expect(refusalOf(await client.get('/me'))).toEqual(UNAUTHENTICATED);
    expect((await client.get('/me', bearer(String(answer.json()['accessToken'])))).status).toBe(
      200,
    );
  });

  // T-nr4x
  it('answers a bearer login with both tokens in the body and clears both cookies', async () => {
    const { answer } = await signUp(client, { transport: 'bearer' });

    const { accessToken, refreshToken } = answer.json();
    expect(accessToken).toEqual(expect.any(String));
    expect(Buffer.from(String(refreshToken), 'base64url').length).toBeGreaterThanOrEqual(32);
    expect(String(refreshToken)).toMatch(/^[\w-]+$/);
    expect([...answer.setCookies].sort()).toEqual([...CLEARED].sort());
    expect((await client.get('/me', bearer(String(accessToken)))).status).toBe(200);
  });

  it('clears the cookies of an earlier session when the next login uses another transport', async () => {
    const person = await signUp(client);
    expect(client.jar.names().sort()).toEqual(['access_token', 'device', 'refresh_token']);

    await logIn(client, person, { transport: 'bearer' });

    expect(client.jar.names()).toEqual(['device']);
  });

  // T-wkhh
  it('remembers for 90 days, and keeps the access token at 15 minutes', async () => {
    const { answer, id } = await signUp(client, { rememberMe: true });

    expect(cookieShapes(answer)).toEqual([ACCESS, REMEMBERED, DEVICE]);
    const { iat, exp } = claimsOf(client.jar.get('access_token') ?? '');
    expect(Number(exp) - Number(iat)).toBe(900);
    const [session] = await stage.rows(
      `select persistent, idle_expires_at - last_used_at = interval '90 days' as idle,
         absolute_expires_at - created_at between interval '180 days' - interval '1 second' and interval '180 days 1 second' as absolute
       from auth_sessions where subject = $1`,
      id,
    );
    expect(session).toEqual({ persistent: true, idle: true, absolute: true });
  });

  // T-67nb
  it('issues exactly the claims of the contract and a header of alg, kid and typ', async () => {
    const { id } = await signUp(client);

    const token = client.jar.get('access_token') ?? '';
    const header = JSON.parse(
      Buffer.from(token.split('.')[0] ?? '', 'base64url').toString(),
    ) as object;
    expect(header).toEqual({ alg: 'RS256', kid: 'stage-key', typ: 'at+jwt' });
    const claims = claimsOf(token);
    expect(claims).toEqual({
      iss: 'https://issuer.test',
      aud: 'stage-api',
      sub: id,
      role: 'user',
      tokenVersion: 1,
      jti: expect.stringMatching(UUID),
      sid: expect.stringMatching(UUID),
      auth_time: claims['iat'],
      amr: ['pwd'],
      iat: expect.any(Number),
      nbf: claims['iat'],
      exp: Number(claims['iat']) + 900,
    });
  });

  // T-sj8f
  it('stores the refresh token only as a hash', async () => {
    const { id } = await signUp(client);

    const token = Buffer.from(client.jar.get('refresh_token') ?? '', 'base64url');
    const [row] = await stage.rows(
      'select token_hash, transport from auth_sessions where subject = $1',
      id,
    );
    const hash = row?.['token_hash'] as Buffer;
    expect(row?.['transport']).toBe('cookie');
    expect(hash).toHaveLength(32);
    expect(token.includes(hash)).toBe(false);
  });

  it('registers with 201 without signing in, and answers 409 if the email is taken in any case', async () => {
    const email = `new-${adapter}@people.test`;
    const answer = await client.post('/auth/register', { email, password: PASSWORD, name: 'Ada' });

    expect(answer.status).toBe(201);
    expect(answer.json()).toEqual({
      user: { id: expect.stringMatching(UUID), email, role: 'user', name: 'Ada' },
    });
    expect(answer.setCookies).toEqual([]);
    expect(answer.headers['cache-control']).toBe('no-store');

    const again = await client.post('/auth/register', {
      email: email.toUpperCase(),
      password: PASSWORD,
    });
    expect(again.status).toBe(409);
    expect(again.json()).toEqual({
      statusCode: 409,
      error: 'Conflict',
      message: 'Email already registered',
      code: 'taken',
    });
    expect(again.headers['cache-control']).toBe('no-store');
    expect(await stage.rows('select role from users where email = $1', email)).toEqual([
      { role: 'user' },
    ]);
  });

  it('ignores a role in the body of a registration', async () => {
    const email = `mallory-${adapter}@people.test`;
    const answer = await client.post('/auth/register', {
      email,
      password: PASSWORD,
      role: 'admin',
      permissions: ['*'],
      disabled: false,
      id: '1',
    });

    expect(answer.json()['user']).toMatchObject({ role: 'user' });
    expect(await stage.rows('select role, permissions from users where email = $1', email)).toEqual(
      [{ role: 'user', permissions: [] }],
    );
  });

  it('finds the account in any case of the email', async () => {
    const person = await register(client);
    expect(
      (await logIn(client, { ...person, email: ` ${person.email.toUpperCase()} ` })).status,
    ).toBe(200);
  });

  // T-8dqz
  it('tells who the caller is at /auth/me', async () => {
    await logIn(client, admin);
    const { sub, sid, exp, auth_time: authTime } = claimsOf(client.jar.get('access_token') ?? '');

    const answer = await client.get('/auth/me');

    expect(answer.status).toBe(200);
    const { expiresAt, ...me } = answer.json();
    expect(me).toEqual({
      id: sub,
      email: admin.email,
      role: 'admin',
      permissions: [],
      sessionId: sid,
      authTime: new Date(Number(authTime) * 1000).toISOString(),
      amr: ['pwd'],
    });
    expect(expiresAt).toBe(new Date(Number(exp) * 1000).toISOString());
    expect(answer.headers['cache-control']).toBe('no-store');
    client.jar.clear();
    expect(refusalOf(await client.get('/auth/me'))).toEqual(UNAUTHENTICATED);
  });

  // T-ttk3
  it('publishes only the public key, for an hour', async () => {
    const answer = await client.get('/.well-known/jwks.json');

    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('public, max-age=3600');
    expect(answer.json()).toEqual({
      keys: [
        {
          kty: 'RSA',
          n: expect.any(String),
          e: 'AQAB',
          kid: 'stage-key',
          alg: 'RS256',
          use: 'sig',
        },
      ],
    });
  });
});
