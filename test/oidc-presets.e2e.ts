import { generateKeyPairSync } from 'node:crypto';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { apple, github, oidc } from '@tokenward/nestjs/oidc';
import { AuthTestingModule, memoryStorage } from '@tokenward/nestjs/testing';
import { decodeJwt, jwtVerify } from 'jose';
import { type Approval, type FakeIssuer, fakeIssuer } from './support/fake-issuer.js';
import { fakeGitHub, type GitHubAccount } from './support/fake-github.js';
import { type HttpClient, httpClient } from './support/http.js';
import { locationOf } from './support/sign-in-elsewhere.js';

/*
 * Providers that are not quite like the others, on Fastify.
 */

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const APPLE = { clientId: 'tokenward', teamId: 'TEAM567890', keyId: 'KEY4567890' };
const REFUSED = '/#error=login_refused';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

let issuer: FakeIssuer;
let hub: Awaited<ReturnType<typeof fakeGitHub>>;
let app: NestFastifyApplication;
const storage = memoryStorage();
beforeAll(async () => {
  [issuer, hub] = [await fakeIssuer(), await fakeGitHub()];
  const p8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const { clientId, clientSecret, url: server } = hub;
  const providers = {
    apple: { ...apple({ ...APPLE, privateKey: p8 }), issuer: issuer.issuer },
    github: github({ clientId, clientSecret, server }),
  };
  const factors = { methods: [oidc({ providers })] };
  const module = await Test.createTestingModule({
    imports: [AuthTestingModule.forRoot({ storage, factors, cookies: { secure: false } })],
  }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
    logger: false,
  });
  await app.listen(0, '127.0.0.1');
});
afterAll(async () => {
  await app.close();
  await issuer.close();
  await hub.close();
});

const newClient = async (): Promise<HttpClient> => httpClient(await app.getUrl());
const me = async (client: HttpClient) => (await client.get('/auth/me')).json();

describe('apple', () => {
  let secrets: string[] = [];
  beforeAll(() => {
    issuer.state.takes = async (body) => {
      const secret = body.get('client_secret') ?? '';
      secrets.push(secret);
      const { payload, protectedHeader } = await jwtVerify(secret, publicKey, {
        issuer: APPLE.teamId,
        subject: APPLE.clientId,
        audience: 'https://appleid.apple.com',
      });
      const { iat = 0, exp = Infinity } = payload;
      return (
        protectedHeader.kid === APPLE.keyId && protectedHeader.alg === 'ES256' && exp - iat <= 300
      );
    };
  });

  /** Apple's page posts the form; the browser sends no `Lax` cookie along. */
  async function posted(
    client: HttpClient,
    approval: Approval,
    more: Readonly<Record<string, string>> = {},
  ) {
    const { pathname, searchParams } = new URL(
      issuer.approve(await begin(client), approval),
      issuer.issuer,
    );
    const body = new URLSearchParams([...searchParams, ...Object.entries(more)]).toString();
    return client.request('POST', pathname, { headers: FORM, body, cookies: 'omit' });
  }
  const begin = async (client: HttpClient) => locationOf(await client.get('/auth/oidc/apple'));

  it('asks for a posted answer with name and email', async () => {
    const asked = new URL(await begin(await newClient())).searchParams;
    expect([asked.get('response_mode'), asked.get('scope')]).toEqual([
      'form_post',
      'openid email name',
    ]);
  });

  // T-rgx4
  it('signs in by the posted answer with a fresh client secret, and stores the name from the first answer', async () => {
    const client = await newClient();
    const approval = { sub: 'a1', email: 'a1@apple.example', claims: { email_verified: 'true' } };
    const user = JSON.stringify({ name: { firstName: 'Ada', lastName: 'Lovelace' } });
    const relayed = await posted(client, approval, { user, id_token: 'from the browser' });
    expect([relayed.status, relayed.setCookies, relayed.headers['cache-control']]).toEqual([
      303,
      [],
      'no-store',
    ]);
    const back = new URL(locationOf(relayed));
    expect([...back.searchParams.keys()].sort()).toEqual(['code', 'iss', 'state', 'user']);
    expect(locationOf(await client.get(back.pathname + back.search))).toBe('/');
    expect(await me(client)).toMatchObject({ email: 'a1@apple.example', name: 'Ada Lovelace' });
    const found = await storage.users.findByEmail('a1@apple.example');
    expect(found?.account.emailVerified).toBe(true);
    secrets = [];
    const again = await newClient();
    const second = new URL(locationOf(await posted(again, approval)));
    expect(locationOf(await again.get(second.pathname + second.search))).toBe('/');
    expect(secrets.map((secret) => decodeJwt(secret).sub)).toEqual([APPLE.clientId]);
  });

  it.each(['false', 'TRUE', '1', 1])('email_verified %j is not verified', async (verified) => {
    const client = await newClient();
    const email = `${String(verified).toLowerCase()}-${typeof verified}@apple.example`;
    const place = new URL(
      locationOf(await posted(client, { email, claims: { email_verified: verified } })),
    );
    expect(locationOf(await client.get(place.pathname + place.search))).toBe('/');
    expect((await storage.users.findByEmail(email))?.account.emailVerified).not.toBe(true);
  });

  it('a posted answer of somebody else signs nobody in, and a body that is not a form is refused', async () => {
    const [attacker, victim] = [await newClient(), await newClient()];
    const place = new URL(locationOf(await posted(attacker, { email: 'x@apple.example' })));
    expect(locationOf(await victim.get(place.pathname + place.search))).toBe(REFUSED);
    const json = await victim.post('/auth/oidc/apple/callback', { state: 'a' });
    expect([json.status, json.json()['code']]).toEqual([400, 'invalid_input']);
    expect(
      (await victim.request('POST', '/auth/oidc/other/callback', { headers: FORM, body: 'a=b' }))
        .status,
    ).toBe(404);
  });

  it('a sign-out at Apple ends the session here, and HEAD has no effect', async () => {
    const client = await newClient();
    const place = new URL(
      locationOf(
        await posted(client, { sub: 'a2', email: 'a2@apple.example', claims: { sid: 's' } }),
      ),
    );
    expect((await client.request('HEAD', place.pathname + place.search)).status).toBe(404);
    expect(locationOf(await client.get(place.pathname + place.search))).toBe('/');
    const body = new URLSearchParams({
      logout_token: await issuer.logoutToken({ sid: 's' }),
    }).toString();
    const path = '/auth/oidc/apple/backchannel-logout';
    const told = await (await newClient()).request('POST', path, { headers: FORM, body });
    expect([told.status, (await client.get('/auth/me')).status]).toEqual([200, 401]);
    const replayed = await (await newClient()).request('POST', path, { headers: FORM, body });
    expect(replayed.status).toBe(400);
  });
});

describe('github', () => {
  const EMAILS = [
    { email: 'old@hub.example', primary: false, verified: true },
    { email: 'octo@hub.example', primary: true, verified: true },
  ];
  const OCTO: GitHubAccount = {
    user: { id: 583231, login: 'octo', name: 'Octo Cat' },
    emails: EMAILS,
  };
  const begin = async (client: HttpClient, query = '') =>
    locationOf(await client.get(`/auth/oidc/github${query}`));
  const signIn = async (client: HttpClient, account: GitHubAccount, query = '') =>
    client.get(hub.approve(await begin(client, query), account));

  it('sends state and PKCE, but no nonce', async () => {
    const url = new URL(await begin(await newClient()));
    expect(url.origin + url.pathname).toBe(`${hub.url}/login/oauth/authorize`);
    const { state, code_challenge: challenge, ...rest } = Object.fromEntries(url.searchParams);
    for (const each of [state, challenge]) expect(each).toMatch(/^[\w-]{43}$/);
    expect(rest).toEqual({
      client_id: hub.clientId,
      response_type: 'code',
      code_challenge_method: 'S256',
      scope: 'read:user user:email',
      redirect_uri: `${await app.getUrl()}/auth/oidc/github/callback`,
    });
  });

  // T-rhx2
  it('identifies the account by its number, and uses the verified primary email', async () => {
    const [client, again] = [await newClient(), await newClient()];
    expect(locationOf(await signIn(client, OCTO))).toBe('/');
    const { id, email, name } = await me(client);
    expect([email, name]).toEqual(['octo@hub.example', 'Octo Cat']);
    const renamed = { user: { id: 583231, login: 'other', name: null }, emails: [] };
    expect(locationOf(await signIn(again, renamed))).toBe('/');
    expect((await me(again))['id']).toBe(id);
    expect((await again.get('/auth/oidc/identities')).json()).toMatchObject([
      { provider: 'github', issuer: hub.url, email: 'octo@hub.example' },
    ]);
  });

  // T-rgx5
  it('gives no fresh proof, and none can be asked for', async () => {
    const client = await newClient();
    await signIn(client, OCTO);
    expect((await client.delete('/auth/oidc/github/link')).json()['code']).toBe(
      'reauthentication_required',
    );
    expect(locationOf(await signIn(await newClient(), OCTO, '?maxAge=300'))).toBe(REFUSED);
  });

  // T-rgx9
  it.each<readonly [string, GitHubAccount]>([
    [
      'the primary email is not verified',
      { emails: [{ ...EMAILS[1], verified: false }, EMAILS[0]] },
    ],
    ['there is no email', { emails: [] }],
    ['the id is a text', { user: { id: '583232' } }],
    ['the id is missing', { user: { login: 'octo' } }],
    ['the emails are not a list', { emails: {} }],
    ['the token is refused there', { status: 403 }],
  ])('is refused where %s', async (_, account) => {
    const client = await newClient();
    const stranger = { user: { id: 583232, login: 'octo' }, emails: EMAILS };
    expect(locationOf(await signIn(client, { ...stranger, ...account }))).toBe(REFUSED);
    expect(client.jar.names()).toEqual([]);
  });

  it('is 503 while GitHub is down, and has no back-channel logout', async () => {
    expect((await signIn(await newClient(), { ...OCTO, status: 502 })).status).toBe(503);
    const body = new URLSearchParams({
      logout_token: await issuer.logoutToken({ sub: '583231' }),
    }).toString();
    const path = '/auth/oidc/github/backchannel-logout';
    expect((await (await newClient()).request('POST', path, { headers: FORM, body })).status).toBe(
      400,
    );
  });

  it('refuses a code that was used, and one of another browser', async () => {
    const [client, attacker] = [await newClient(), await newClient()];
    const stolen = new URL(hub.approve(await begin(client), OCTO), hub.url);
    const own = new URL(hub.approve(await begin(attacker), OCTO), hub.url);
    own.searchParams.set('code', stolen.searchParams.get('code') ?? '');
    expect(locationOf(await attacker.get(own.pathname + own.search))).toBe(REFUSED);
    expect(locationOf(await client.get(stolen.pathname + stolen.search))).toBe(REFUSED);
  });
});
