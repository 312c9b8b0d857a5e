import { beforeAll, describe, expect, it } from '@jest/globals';
import type { HttpClient, RequestHeaders } from './support/http.js';
import {
  ADAPTERS,
  goodClaims,
  REFUSED,
  refusalOf,
  signUp,
  UNAUTHENTICATED,
} from './support/stage.js';
import { useStage } from './support/use-stage.js';

const stage = useStage();
let good: string;
beforeAll(() => {
  good = stage.signed(goodClaims());
});

type Case = readonly [name: string, headers: () => RequestHeaders];

const ACCEPTED: readonly Case[] = [
  ['a cookie', () => ({ cookie: `access_token=${good}` })],
  [
    'a cookie among others',
    () => ({ cookie: `a=b; access_token=${good}; access_tokens=x; xaccess_token=y` }),
  ],
  ['a bearer token', () => ({ authorization: `Bearer ${good}` })],
  ['the scheme in small letters', () => ({ authorization: `bearer ${good}` })],
  ['the scheme in capitals', () => ({ authorization: `BEARER ${good}` })],
  [
    'a good cookie beside a bad header',
    () => ({ cookie: `access_token=${good}`, authorization: 'Bearer x' }),
  ],
  [
    'an empty cookie beside a good header',
    () => ({ cookie: 'access_token=', authorization: `Bearer ${good}` }),
  ],
];

const REFUSALS: readonly Case[] = [
  [
    'a bad cookie beside a good header',
    () => ({ cookie: 'access_token=x', authorization: `Bearer ${good}` }),
  ],
  ['two good cookies', () => ({ cookie: `access_token=${good}; access_token=${good}` })],
  ['a good cookie and an empty one', () => ({ cookie: `access_token=${good}; access_token=` })],
  ['an empty cookie and a good one', () => ({ cookie: `access_token=; access_token=${good}` })],
  [
    'two empty cookies beside a good header',
    () => ({ cookie: 'access_token=; access_token=', authorization: `Bearer ${good}` }),
  ],
  [
    'two Cookie headers of one name',
    () => ({ cookie: [`access_token=${good}`, `access_token=${good}`] }),
  ],
  ['a quoted cookie', () => ({ cookie: `access_token="${good}"` })],
  ['two tokens in one header', () => ({ authorization: `Bearer ${good}, Bearer ${good}` })],
  ['two Authorization headers', () => ({ authorization: [`Bearer ${good}`, `Bearer ${good}`] })],
  ['a scheme without a token', () => ({ authorization: 'Bearer' })],
];

const NOT_THERE: readonly Case[] = [
  ['nothing', () => ({})],
  ['an empty cookie', () => ({ cookie: 'access_token=' })],
  ['a cookie in other case', () => ({ cookie: `Access_Token=${good}` })],
  ['another scheme', () => ({ authorization: `Basic ${good}` })],
  ['the token without a scheme', () => ({ authorization: good })],
  ['a header of another name', () => ({ 'x-access-token': good })],
  ['the refresh cookie', () => ({ cookie: `refresh_token=${good}` })],
];

describe.each(ADAPTERS)('where an access token travels on %s', (adapter) => {
  let client: HttpClient;
  beforeAll(() => {
    client = stage.demos[adapter].client();
  });

  it.each(ACCEPTED)('accepts %s', async (_, headers) => {
    expect((await client.get('/me', { headers: headers() })).status).toBe(200);
  });

  // T-txj7
  it.each(REFUSALS)('refuses %s', async (_, headers) => {
    expect(refusalOf(await client.get('/me', { headers: headers() }))).toEqual(REFUSED);
  });

  it.each(NOT_THERE)('sees no token in %s', async (_, headers) => {
    expect(refusalOf(await client.get('/me', { headers: headers() }))).toEqual(UNAUTHENTICATED);
  });

  // T-vkgk
  it('never reads a query string', async () => {
    const query = `access_token=${good}&token=${good}&authorization=Bearer%20${good}`;
    expect(refusalOf(await client.get(`/me?${query}`))).toEqual(UNAUTHENTICATED);
  });

  // T-qdgd
  it('never reads a form body', async () => {
    const answer = await client.request('POST', '/notes', {
      body: `access_token=${good}&text=hello`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(refusalOf(answer)).toEqual(UNAUTHENTICATED);
  });

  it('never reads a JSON body', async () => {
    const answer = await client.post('/notes', {
      access_token: good,
      accessToken: good,
      text: 'hello',
    });
    expect(refusalOf(answer)).toEqual(UNAUTHENTICATED);
  });

  // T-zhtd
  it('never reads a refresh token from a query string or a form', async () => {
    const { answer } = await signUp(client, { transport: 'bearer' });
    const { refreshToken } = answer.json<{ refreshToken: string }>();

    expect((await client.post(`/auth/refresh?refreshToken=${refreshToken}`)).status).toBe(401);
    const form = await client.request('POST', '/auth/refresh', {
      body: `refreshToken=${refreshToken}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(form.status).toBe(400);
    expect((await client.post('/auth/refresh', { refreshToken })).status).toBe(200);
  });

  // T-vr4x
  it('refuses a refresh token as an access token, and the other way round', async () => {
    const fresh = stage.demos[adapter].client();
    await signUp(fresh);
    const [access, refresh] = [fresh.jar.get('access_token'), fresh.jar.get('refresh_token')];

    const asAccess = { headers: { cookie: `access_token=${refresh}` } };
    expect(refusalOf(await client.get('/me', asAccess))).toEqual(REFUSED);
    const asRefresh = { headers: { cookie: `refresh_token=${access}` } };
    expect((await client.post('/auth/refresh', undefined, asRefresh)).status).toBe(401);
    expect((await fresh.get('/me')).status).toBe(200);
  });
});
