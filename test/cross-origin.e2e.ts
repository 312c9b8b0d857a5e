import { beforeAll, describe, expect, it } from '@jest/globals';
import type { HttpClient, RequestHeaders } from './support/http.js';
import { ADAPTERS, admin, logIn, REFUSED, refusalOf } from './support/stage.js';
import { useStage } from './support/use-stage.js';

const CROSS = {
  status: 403,
  challenge: undefined,
  text: '{"statusCode":403,"error":"Forbidden","message":"Cross-origin request refused","code":"cross_origin"}',
};
const TRUSTED = 'https://app.example.com';
const EVIL = 'https://evil.example';

const stage = useStage({ env: { TRUSTED_ORIGINS: `${TRUSTED},http://localhost:5173` } });
const behindProxy = stage.beside((env) => ({ ...env, TRUST_PROXY: 'loopback' }));

type Verdict = 'passes' | 'refused';
type Case = readonly [name: string, headers: (own: string) => RequestHeaders, verdict: Verdict];

const TABLE: readonly Case[] = [
  ['neither header', () => ({}), 'passes'],
  ['its own origin', (own) => ({ origin: own }), 'passes'],
  [
    'its own origin, though said to be cross-site',
    (own) => ({ origin: own, 'sec-fetch-site': 'cross-site' }),
    'passes',
  ],
  ['a trusted origin', () => ({ origin: TRUSTED }), 'passes'],
  [
    'a trusted origin, cross-site',
    () => ({ origin: TRUSTED, 'sec-fetch-site': 'cross-site' }),
    'passes',
  ],
  ['another trusted origin with a port', () => ({ origin: 'http://localhost:5173' }), 'passes'],
  ['Sec-Fetch-Site: same-origin alone', () => ({ 'sec-fetch-site': 'same-origin' }), 'passes'],
  ['Sec-Fetch-Site: none alone', () => ({ 'sec-fetch-site': 'none' }), 'passes'],
  ['Sec-Fetch-Site: same-site', () => ({ 'sec-fetch-site': 'same-site' }), 'refused'],
  ['Sec-Fetch-Site: cross-site', () => ({ 'sec-fetch-site': 'cross-site' }), 'refused'],
  ['Sec-Fetch-Site: something else', () => ({ 'sec-fetch-site': 'x' }), 'refused'],
  ['Sec-Fetch-Site: empty', () => ({ 'sec-fetch-site': '' }), 'refused'],
  ['Sec-Fetch-Site twice', () => ({ 'sec-fetch-site': ['same-origin', 'same-origin'] }), 'refused'],
  ['another origin', () => ({ origin: EVIL }), 'refused'],
  [
    'another origin, cross-site',
    () => ({ origin: EVIL, 'sec-fetch-site': 'cross-site' }),
    'refused',
  ],
  ['null', () => ({ origin: 'null' }), 'refused'],
  ['an empty origin', () => ({ origin: '' }), 'refused'],
  ['its own origin twice', (own) => ({ origin: [own, own] }), 'refused'],
  ['its own and another', (own) => ({ origin: [own, EVIL] }), 'refused'],
  ['another and its own', (own) => ({ origin: [EVIL, own] }), 'refused'],
  ['two in one header', (own) => ({ origin: `${own} ${EVIL}` }), 'refused'],
  ['its own host over https', (own) => ({ origin: own.replace('http:', 'https:') }), 'refused'],
  ['its own host on another port', (own) => ({ origin: own.replace(/\d+$/, '1') }), 'refused'],
  ['its own host without the port', (own) => ({ origin: own.replace(/:\d+$/, '') }), 'refused'],
  [
    'localhost for 127.0.0.1',
    (own) => ({ origin: own.replace('127.0.0.1', 'localhost') }),
    'refused',
  ],
  [
    'an origin that begins with a trusted one',
    () => ({ origin: `${TRUSTED}.evil.example` }),
    'refused',
  ],
  ['a subdomain of a trusted one', () => ({ origin: 'https://x.app.example.com' }), 'refused'],
  ['a trusted one over http', () => ({ origin: 'http://app.example.com' }), 'refused'],
  ['a trusted one with a path', () => ({ origin: `${TRUSTED}/x` }), 'refused'],
  [
    'a trusted one behind credentials',
    () => ({ origin: 'https://app.example.com@evil.example' }),
    'refused',
  ],
  [
    'another origin that forges the host’s name',
    (own) => ({
      origin: EVIL,
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      referer: own,
    }),
    'refused',
  ],
];

describe.each(ADAPTERS)('requests from other sites on %s', (adapter) => {
  let client: HttpClient;
  let own: string;
  beforeAll(async () => {
    client = stage.demos[adapter].client();
    own = stage.demos[adapter].url;
    await logIn(client, admin);
  });

  describe.each(TABLE)('%s', (_, headers, verdict) => {
    const expected = (status: number) =>
      verdict === 'passes' ? expect.objectContaining({ status }) : CROSS;

    // T-kzbc
    it(`${verdict} at an unsafe route with a cookie`, async () => {
      const answer = await client.post('/notes', { text: 'hello' }, { headers: headers(own) });
      expect(refusalOf(answer)).toEqual(expected(201));
    });

    it(`${verdict} at login, refresh and logout without any cookie, before any 401`, async () => {
      const options = { headers: headers(own), cookies: 'omit' } as const;
      const login = await client.post(
        '/auth/login',
        { email: 'nobody@people.test', password: 'x' },
        options,
      );
      expect(refusalOf(login)).toEqual(expected(401));
      expect(refusalOf(await client.post('/auth/refresh', undefined, options))).toEqual(
        expected(401),
      );
      const logout = await client.post('/auth/logout', undefined, options);
      expect(refusalOf(logout)).toEqual(expected(204));
      if (verdict === 'refused') expect(logout.setCookies).toEqual([]);
    });
  });

  const evil = { headers: { origin: EVIL } };
  const withCookie = (cookie: string) =>
    ({ headers: { origin: EVIL, cookie }, cookies: 'omit' }) as const;

  it.each([
    ['POST', '/auth/logout'],
    ['POST', '/auth/logout-all'],
    ['DELETE', '/auth/sessions'],
    ['DELETE', '/auth/sessions/x'],
    ['POST', '/auth/password'],
    ['POST', '/auth/reauthenticate'],
    ['POST', '/auth/users/x/revoke'],
    ['POST', '/auth/register'],
    ['POST', '/auth/login'],
    ['POST', '/auth/refresh'],
    ['PATCH', '/admin/users/x'],
    ['DELETE', '/account'],
  ])(
    'refuses %s %s, with a bad cookie as well as a good one, and changes nothing',
    async (method, path) => {
      for (const options of [
        evil,
        withCookie('access_token=x'),
        withCookie('access_token=a; access_token=a'),
      ]) {
        const answer = await client.request(method, path, { json: {}, ...options });
        expect(refusalOf(answer)).toEqual(CROSS);
        expect(answer.setCookies).toEqual([]);
      }
      expect((await client.get('/me')).status).toBe(200);
    },
  );

  // T-zm3n
  it('refuses a cross-site logout with only the refresh cookie', async () => {
    const cookie = `refresh_token=${client.jar.get('refresh_token')}`;
    expect(refusalOf(await client.post('/auth/logout', {}, withCookie(cookie)))).toEqual(CROSS);
    expect((await client.get('/me')).status).toBe(200);
  });

  it('accepts a bearer token, because no browser sends one by itself', async () => {
    const token = client.jar.get('access_token');
    const options = {
      headers: { origin: EVIL, authorization: `Bearer ${token}` },
      cookies: 'omit',
    } as const;
    expect((await client.post('/notes', { text: 'hello' }, options)).status).toBe(201);
    const bad = { headers: { origin: EVIL, authorization: 'Bearer x' }, cookies: 'omit' } as const;
    expect(refusalOf(await client.post('/notes', {}, bad))).toEqual(REFUSED);
  });

  // T-wsgx
  it('accepts safe requests, and sends no CORS headers to other origins', async () => {
    const answer = await client.get('/me', evil);
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    const preflight = await client.request('OPTIONS', '/auth/login', {
      headers: { origin: EVIL, 'access-control-request-method': 'POST' },
    });
    expect(preflight.headers['access-control-allow-origin']).not.toBe(EVIL);
    expect(preflight.headers['access-control-allow-origin']).not.toBe('*');
  });

  // T-d2jp
  it('answers a trusted origin with CORS and credentials', async () => {
    const answer = await client.get('/me', { headers: { origin: TRUSTED } });
    expect(answer.headers['access-control-allow-origin']).toBe(TRUSTED);
    expect(answer.headers['access-control-allow-credentials']).toBe('true');
    // what the client reads of an answer
    expect(answer.headers['access-control-expose-headers']).toMatch(
      /^WWW-Authenticate, ?Retry-After, ?Date$/,
    );
  });

  it.each(['DELETE', 'PATCH'])('lets a trusted origin send %s', async (method) => {
    const answer = await client.request('OPTIONS', '/auth/sessions', {
      headers: { origin: TRUSTED, 'access-control-request-method': method },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers['access-control-allow-methods']).toContain(method);
  });

  // T-cn48
  it('uses forwarded headers for its own origin only with TRUST_PROXY', async () => {
    const headers = {
      origin: 'https://shop.example.com',
      'x-forwarded-host': 'shop.example.com',
      'x-forwarded-proto': 'https',
    };
    const body = { email: admin.email, password: admin.password };
    expect(refusalOf(await client.post('/auth/login', body, { headers, cookies: 'omit' }))).toEqual(
      CROSS,
    );

    const proxied = behindProxy[adapter].client();
    expect((await proxied.post('/auth/login', body, { headers })).status).toBe(200);
    const other = { ...headers, origin: 'http://shop.example.com' };
    expect(refusalOf(await proxied.post('/auth/login', body, { headers: other }))).toEqual(CROSS);
  });
});
