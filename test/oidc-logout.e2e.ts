import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type FactorHost, PASSWORD } from './support/factor-host.js';
import type { Approval, LogoutForgery } from './support/fake-issuer.js';
import type { HttpClient } from './support/http.js';
import { begin, catchUp, issuer, oidcHost, visit } from './support/oidc-host.js';
import { locationOf, person, REFUSED as FRAGMENT } from './support/sign-in-elsewhere.js';

const REFUSED = `/${FRAGMENT}`;

describe('back-channel logout', () => {
  let host: FactorHost;
  beforeAll(async () => {
    host = await oidcHost({}, { throttle: false });
  });
  afterAll(() => host.close());
  beforeEach(() => catchUp(host));

  const FORM = 'application/x-www-form-urlencoded';
  const post = (fields: Readonly<Record<string, string>> | string, at = host, provider = 'first') =>
    at.client().request('POST', `/auth/oidc/${provider}/backchannel-logout`, {
      headers: { 'content-type': FORM },
      body: typeof fields === 'string' ? fields : new URLSearchParams(fields).toString(),
    });
  const tell = async (claims: Record<string, unknown>, at = host) =>
    post({ logout_token: await issuer.logoutToken(claims) }, at);
  const isIn = async (client: HttpClient) => (await client.get('/auth/me')).status === 200;

  /** Signed in, from a session of that `sid` there. */
  async function signedIn(who: Approval, sid?: string, at = host): Promise<HttpClient> {
    const client = at.client();
    expect(locationOf(await visit(client, { ...who, claims: { sid } }))).toBe('/');
    return client;
  }

  // T-rfx8
  it('ends the sessions that came from the provider’s session, and no others', async () => {
    const [who, other] = [person(), person()];
    const gone = await signedIn(who, 'there-1');
    const stay = [
      await signedIn(who, 'there-2'),
      await signedIn(who),
      await signedIn(other, 'there-3'),
    ];
    const answer = await tell({ sid: 'there-1' });
    expect([answer.status, answer.text, answer.headers['cache-control']]).toEqual([
      200,
      '',
      'no-store',
    ]);
    expect(await isIn(gone)).toBe(false);
    expect((await gone.post('/auth/refresh')).status).toBe(401);
    for (const each of stay) expect(await isIn(each)).toBe(true);
    expect(host.events.filter(({ type }) => type === 'session.ended')).toMatchObject([
      { reason: 'provider_logout' },
    ]);
  });

  it('of a person ends all sessions from that provider, but none that began with a password', async () => {
    const who = person();
    const clients = [await signedIn(who, 'a'), await signedIn(who, 'b'), await signedIn(who)];
    const [user, byPassword] = [await host.person(), host.client()];
    await byPassword.post('/auth/login', { email: user.email, password: PASSWORD });
    expect((await tell({ sub: who.sub })).status).toBe(200);
    expect(await Promise.all([...clients, byPassword].map(isIn))).toEqual([
      false,
      false,
      false,
      true,
    ]);
    // signed in again there, and here
    const later = Math.floor(Date.now() / 1000) + 1;
    const again = host.client();
    await visit(again, { ...who, claims: { sid: 'c', iat: later } });
    expect(await isIn(again)).toBe(true);
  });

  it('of an admin ends the sessions in which the admin acts as a user, and leaves the user alone', async () => {
    const [who, user] = [person(), await host.person()];
    const admin = await signedIn(who);
    const { id } = (await admin.get('/auth/me')).json<{ id: string }>();
    host.storage.users.set({ id, role: 'admin' });
    const opened = await host.auth.openSession(user.id, { actor: { id }, transport: 'bearer' });
    const { accessToken } = 'grant' in opened ? opened.grant : { accessToken: '' };
    const own = await host.signIn(user);
    expect((await host.get('me', accessToken)).json()).toMatchObject({
      id: user.id,
      actor: { id },
    });
    expect((await tell({ sub: who.sub })).status).toBe(200);
    expect((await host.get('me', accessToken)).status).toBe(401);
    expect((await host.get('me', own.accessToken)).status).toBe(200);
  });

  it('of an unknown session is not an error', async () => {
    expect((await tell({ sid: 'unknown', sub: 'nobody' })).status).toBe(200);
  });

  // T-rfx9
  it.each<readonly [string, Readonly<Record<string, unknown>>, LogoutForgery]>([
    ['the iss of another', { iss: 'https://evil.example' }, {}],
    ['the aud of another', { aud: 'another client' }, {}],
    ['no iat', { iat: undefined }, {}],
    ['an iat of an hour ago', { iat: Math.floor(Date.now() / 1000) - 3600 }, {}],
    ['an exp in the past', { exp: Math.floor(Date.now() / 1000) - 60 }, {}],
    ['a nonce: an id_token in disguise', { nonce: 'a' }, {}],
    ['a nonce that is null', { nonce: null }, {}],
    ['no events', { events: undefined }, {}],
    ['another event', { events: { 'http://schemas.openid.net/event/other': {} } }, {}],
    [
      'an event that is not an object',
      { events: { 'http://schemas.openid.net/event/backchannel-logout': true } },
      {},
    ],
    ['neither sub nor sid', { sub: undefined }, {}],
    ['an empty sub', { sub: '' }, {}],
    ['a sid that is not text', { sid: 1 }, {}],
    ['no jti', { jti: undefined }, {}],
    ['a key that the provider never published', {}, { signedBy: 'stranger' }],
    ['no signature', {}, { header: { alg: 'none' } }],
    ['the client secret as an HMAC key', {}, { header: { alg: 'HS256' } }],
    ['the type of another JWT', {}, { header: { typ: 'at+jwt' } }],
  ])('refuses a token with %s', async (_, claims, forgery) => {
    const who = person();
    const client = await signedIn(who, 'kept');
    const answer = await post({
      logout_token: await issuer.logoutToken({ sub: who.sub, ...claims }, forgery),
    });
    expect([answer.status, answer.json()['code'], answer.headers['cache-control']]).toEqual([
      400,
      'invalid_input',
      'no-store',
    ]);
    expect(await isIn(client)).toBe(true);
  });

  it.each([
    ['no token', ''],
    ['an empty one', 'logout_token='],
    ['two', 'logout_token=a&logout_token=b'],
    ['one that is not a JWT', 'logout_token=a.b.c'],
  ])('refuses a form with %s', async (_, form) => {
    expect((await post(form)).status).toBe(400);
  });

  it('refuses JSON, another provider’s route, and GET', async () => {
    const token = await issuer.logoutToken({ sub: 'a' });
    const path = '/auth/oidc/first/backchannel-logout';
    expect((await host.client().post(path, { logout_token: token })).status).toBe(400);
    expect((await post({ logout_token: token }, host, 'second')).status).toBe(404);
    expect((await host.client().get(`${path}?logout_token=${token}`)).status).toBe(404);
  });

  // T-rgx2
  it('works once: a replay ends no later session', async () => {
    const who = person();
    const form = { logout_token: await issuer.logoutToken({ sub: who.sub }) };
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(form)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400]);
    const client = host.client();
    await visit(client, { ...who, claims: { iat: Math.floor(Date.now() / 1000) + 1 } });
    expect((await post(form)).status).toBe(400);
    expect(await isIn(client)).toBe(true);
  });

  // T-rgx3
  it('ends a sign-in that is under way, before and after it opens a session', async () => {
    let logout: () => Promise<unknown> = async () => undefined;
    const claims = async () => {
      await logout();
      return {};
    };
    const racing = await oidcHost({}, { sessions: { claims } });
    const [client, who] = [racing.client(), person()];
    logout = () => tell({ sid: 'there' }, racing);
    expect(locationOf(await visit(client, { ...who, claims: { sid: 'there' } }))).toBe(REFUSED);
    expect(client.jar.names()).toEqual([]);
    logout = async () => undefined;

    const first = await signedIn(who, 'other', racing);
    const { id, secret } = (await first.post('/auth/factors/totp')).json<
      Record<'id' | 'secret', string>
    >();
    await first.post('/auth/factors/totp/confirm', { id, code: racing.code(secret) });
    const second = racing.client();
    const place = locationOf(await visit(second, { ...who, claims: { sid: 'third' } }));
    const ticket = place.split('#ticket=')[1];
    await tell({ sid: 'third' }, racing);
    const answer = await second.post('/auth/login/second-factor', {
      ticket,
      code: racing.code(secret, 1),
    });
    await racing.close();
    expect([answer.status, second.jar.names()]).toEqual([401, []]);
  });

  it('counts a stranger’s tokens against the address', async () => {
    const strict = await oidcHost({}, { throttle: { address: 2 } });
    for (let times = 0; times < 3; times += 1)
      expect((await tell({ sub: `s${String(times)}` }, strict)).status).toBe(200);
    const statuses = [];
    for (let times = 0; times < 3; times += 1)
      statuses.push((await post({ logout_token: 'a.b.c' }, strict)).status);
    await strict.close();
    expect(statuses).toEqual([400, 400, 429]);
  });

  it('is 503 while the provider’s keys are unavailable, and can be sent again', async () => {
    const fresh = await oidcHost();
    const form = { logout_token: await issuer.logoutToken({ sub: 'a' }) };
    await begin(fresh.client());
    issuer.state.down = true;
    const down = await post(form, fresh);
    issuer.state.down = false;
    const up = await post(form, fresh);
    await fresh.close();
    expect([down.status, up.status]).toEqual([503, 200]);
  });
});
