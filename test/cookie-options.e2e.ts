import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  ADAPTERS,
  claimsOf,
  cookieShapes,
  logIn,
  REFUSED,
  refusalOf,
  signUp,
} from './support/stage.js';
import { useStage } from './support/use-stage.js';

const stage = useStage({
  env: {
    COOKIE_PREFIX: '__Host-',
    ACCESS_TOKEN_TTL: '5m',
    REFRESH_TOKEN_TTL: '7d',
    REMEMBER_ME_TTL: '1209600',
    JWT_AUDIENCE: 'one-api, two-api',
  },
});
const plain = stage.beside((env) => {
  const { JWT_PRIVATE_KEY: _, COOKIE_PREFIX: __, ACCESS_TOKEN_TTL: ___, ...shared } = env;
  return {
    ...shared,
    COOKIE_DOMAIN: 'example.com',
    COOKIE_SECURE: 'false',
    COOKIE_SAME_SITE: 'strict',
    JWT_ALGORITHM: 'HS256',
    JWT_SECRET: randomBytes(32).toString('hex'),
    REVOCATION_MODE: 'strict',
  };
});

describe.each(ADAPTERS)('configured cookies and tokens on %s', (adapter) => {
  // T-tpr4
  it('take __Host- where a cookie is for the whole host, __Secure- where it has a path', async () => {
    const client = stage.demos[adapter].client();
    const { answer } = await signUp(client);

    expect(cookieShapes(answer)).toEqual([
      '__Host-access_token=•; Max-Age=300; Path=/; HttpOnly; Secure; SameSite=Lax',
      '__Secure-refresh_token=•; Max-Age=604800; Path=/auth; HttpOnly; Secure; SameSite=Strict',
      '__Secure-device=•; Max-Age=34560000; Path=/auth; HttpOnly; Secure; SameSite=Strict',
    ]);
    expect(answer.json()['expiresIn']).toBe(300);
    expect((await client.get('/me')).status).toBe(200);
    expect((await client.post('/auth/refresh')).status).toBe(200);
    const unprefixed = { cookie: `access_token=${client.jar.get('__Host-access_token')}` };
    expect((await client.get('/me', { headers: unprefixed, cookies: 'omit' })).status).toBe(401);

    const out = await client.post('/auth/logout');
    expect(out.setCookies).toEqual([
      '__Host-access_token=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax',
      '__Secure-refresh_token=; Max-Age=0; Path=/auth; HttpOnly; Secure; SameSite=Strict',
    ]);
  });

  it('follow the lifetimes; remember me lengthens only the refresh token', async () => {
    const client = stage.demos[adapter].client();
    const person = await signUp(client);
    const answer = await logIn(client, person, { rememberMe: true });

    expect(cookieShapes(answer)[1]).toContain('Max-Age=1209600;');
    const { iat, exp, aud } = claimsOf(client.jar.get('__Host-access_token') ?? '');
    expect(Number(exp) - Number(iat)).toBe(300);
    expect(aud).toEqual(['one-api', 'two-api']);
  });

  it('carry the domain, and are cleared with it', async () => {
    const client = plain[adapter].client();
    const { answer } = await signUp(client);

    expect(cookieShapes(answer)).toEqual([
      'access_token=•; Max-Age=900; Domain=example.com; Path=/; HttpOnly; SameSite=Strict',
      'refresh_token=•; Max-Age=604800; Domain=example.com; Path=/auth; HttpOnly; SameSite=Strict',
      'device=•; Max-Age=34560000; Domain=example.com; Path=/auth; HttpOnly; SameSite=Strict',
    ]);
    expect((await client.post('/auth/logout')).setCookies).toEqual([
      'access_token=; Max-Age=0; Domain=example.com; Path=/; HttpOnly; SameSite=Strict',
      'refresh_token=; Max-Age=0; Domain=example.com; Path=/auth; HttpOnly; SameSite=Strict',
    ]);
  });

  it('sign with HS256, publish no key for it, and ask on every request in strict mode', async () => {
    const client = plain[adapter].client();
    await signUp(client);
    const elsewhere = plain[adapter === 'express' ? 'fastify' : 'express'].client();
    const token = client.jar.get('access_token') ?? '';
    const options = { headers: { authorization: `Bearer ${token}` } };
    expect(
      JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()),
    ).toMatchObject({
      alg: 'HS256',
    });
    expect((await client.get('/.well-known/jwks.json')).json()).toEqual({ keys: [] });
    expect((await elsewhere.get('/me', options)).status).toBe(200);

    await client.post('/auth/logout');

    expect(refusalOf(await elsewhere.get('/me', options))).toEqual(REFUSED);
  });

  // T-9xkn
  it('refuse tokens of the other configuration', async () => {
    const [one, other] = [stage.demos[adapter].client(), plain[adapter].client()];
    await signUp(one);
    const options = { headers: { authorization: `Bearer ${one.jar.get('__Host-access_token')}` } };
    expect((await one.get('/me', { ...options, cookies: 'omit' })).status).toBe(200);
    expect(refusalOf(await other.get('/me', options))).toEqual(REFUSED);
  });
});
