import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { oidc, type OidcOptions } from '@tokenward/nestjs/oidc';
import { totp } from '@tokenward/nestjs/totp';
import { decodeJwt } from 'jose';
import { type FactorHost, factorHost, PASSWORD, sealingKey } from './support/factor-host.js';
import { type Approval, type FakeIssuer, fakeIssuer, type LogoutForgery } from './support/fake-issuer.js';
import type { HttpAnswer, HttpClient } from './support/http.js';

/*
 * What a session at the provider means here. The clock is the test's, the provider's is the machine's.
 */

const REFUSED = '/#error=login_refused';
const locationOf = (answer: HttpAnswer): string => answer.headers['location'] ?? '';
let people = 0;
const person = (): Approval => {
  const sub = `s${String(++people)}`;
  return { sub, email: `${sub}@provider.example`, emailVerified: true };
};

let issuer: FakeIssuer;
beforeAll(async () => {
  issuer = await fakeIssuer();
});
afterAll(() => issuer.close());

const hostWith = (changes: Partial<OidcOptions> = {}, options: Parameters<typeof factorHost>[0] = {}) => {
  const { issuer: url, clientId, clientSecret } = issuer;
  const providers = { first: { issuer: url, clientId, clientSecret } };
  const methods = [oidc({ providers, ...changes }), totp({ issuer: 'Example' })];
  const factors = { methods, encryptionKeys: [sealingKey('k1')] };
  return factorHost({ factors, cookies: { secure: false }, ...options });
};

async function begin(client: HttpClient, query = ''): Promise<URL> {
  const answer = await client.get(`/auth/oidc/first${query}`);
  expect(answer.status).toBe(302);
  return new URL(locationOf(answer));
}

const signIn = async (client: HttpClient, approval: Approval, query = '') =>
  client.get(issuer.approve((await begin(client, query)).href, approval));

describe('sign-in at a provider', () => {
  let host: FactorHost;
  beforeAll(async () => {
    host = await hostWith();
  });
  afterAll(() => host.close());
  beforeEach(() => catchUp(host));

  describe('the proof', () => {
    const now = () => Math.floor(host.clock.now() / 1000);
    const authTime = (ageSeconds: number | undefined): Approval => ({
      claims: { auth_time: ageSeconds === undefined ? undefined : now() - ageSeconds },
    });

    // T-rfx2
    it.each<readonly [string, number | undefined, number]>([
      ['now', 0, 201],
      ['four minutes ago', 240, 201],
      ['an hour ago: a session of the provider answered by itself', 3600, 401],
      ['at a time that the provider does not tell', undefined, 401],
    ])('is of who proved something there %s', async (_, age, status) => {
      const client = host.client();
      const proved = age === undefined ? 0 : now() - age;
      expect(locationOf(await signIn(client, { ...person(), ...authTime(age) }))).toBe('/');
      expect(decodeJwt(client.jar.get('access_token') ?? '')['auth_time']).toBe(proved);
      const added = await client.post('/auth/factors/totp');
      expect(added.status).toBe(status);
      if (status === 401) expect(added.json()['code']).toBe('reauthentication_required');
      // and a refresh makes none
      expect((await client.post('/auth/refresh')).status).toBe(200);
      expect(decodeJwt(client.jar.get('access_token') ?? '')['auth_time']).toBe(proved);
    });

    it.each<readonly [string, Approval]>([
      ['in the future', authTimeOf(Date.now() / 1000 + 3600)],
      ['before 1970', authTimeOf(-1)],
      ['as text', { claims: { auth_time: '1' } }],
    ])('is refused %s', async (_, approval) => {
      const client = host.client();
      expect(locationOf(await signIn(client, { ...person(), ...approval }))).toBe(REFUSED);
      expect(client.jar.names()).toEqual([]);
    });

    // T-hs3q
    it('can be asked to be young: the answer must show that it is', async () => {
      const asked = await begin(host.client(), '?maxAge=300');
      expect(asked.searchParams.get('max_age')).toBe('300');
      expect((await begin(host.client())).searchParams.has('max_age')).toBe(false);
      const places = [];
      for (const age of [60, 3600, undefined])
        places.push(
          locationOf(await signIn(host.client(), { ...person(), ...authTime(age) }, '?maxAge=300')),
        );
      expect(places).toEqual(['/', REFUSED, REFUSED]);
    });

    it.each(['-1', '1.5', '', 'x', '86401', '300&maxAge=300'])('is not asked for as %j', async (maxAge) => {
      const answer = await host.client().get(`/auth/oidc/first?maxAge=${maxAge}`);
      expect([answer.status, answer.json()['message']]).toEqual([
        400,
        'maxAge: must be a whole number of seconds from 0 to 86400',
      ]);
    });

    it('is asked for as a claim where the provider takes such questions', async () => {
      expect((await begin(host.client())).searchParams.has('claims')).toBe(false);
      issuer.state.metadata = { claims_parameter_supported: true };
      const other = await hostWith();
      const { searchParams } = await begin(other.client());
      issuer.state.metadata = {};
      await other.close();
      expect(JSON.parse(searchParams.get('claims') ?? '')).toEqual({
        id_token: { auth_time: { essential: true } },
      });
    });
  });

  // T-rfx3
  it('knows the device again, although its cookie stays away when the provider sends the browser back', async () => {
    const [client, who] = [host.client(), person()];
    const known = async (visitor: HttpClient, sent: 'sent' | 'not sent') => {
      if (sent === 'not sent') visitor.jar.delete('device');
      const url = await begin(visitor);
      // `Strict`
      visitor.jar.delete('device');
      await visitor.get(issuer.approve(url.href, who));
      const event = host.events.findLast(({ type }) => type === 'login.succeeded');
      return event && 'knownDevice' in event && event.knownDevice;
    };
    expect(await known(client, 'sent')).toBe(false);
    expect(await known(client, 'sent')).toBe(true);
    expect(await known(client, 'not sent')).toBe(false);
  });

  // T-rfx4
  it.each<readonly [string, string, Readonly<Record<string, string>>]>([
    ['HEAD', 'HEAD', {}],
    ['a prefetch', 'GET', { 'sec-purpose': 'prefetch' }],
    ['a prerendering', 'GET', { 'sec-purpose': 'prefetch;prerender' }],
    ['an older prefetch', 'GET', { 'x-moz': 'prefetch' }],
    ['a preview', 'GET', { purpose: 'preview' }],
  ])('begins and ends by a visit alone, not by %s', async (_, method, headers) => {
    const client = host.client();
    const path = issuer.approve((await begin(client)).href, person());
    for (const each of [path, '/auth/oidc/first']) {
      const answer = await client.request(method, each, { headers });
      expect([answer.status, answer.setCookies]).toEqual([404, []]);
    }
    expect(locationOf(await client.get(path))).toBe('/');
  });

  // T-rfx5
  it('takes no cookie that was changed on the way', async () => {
    const client = host.client();
    const url = await begin(client, '?returnTo=/a');
    const [body = '', mac = ''] = (client.jar.get('oidc_state') ?? '').split('.');
    const kept = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
    const changed = Buffer.from(JSON.stringify({ ...kept, returnTo: 'https://evil.example' }));
    client.jar.set('oidc_state', `${changed.toString('base64url')}.${mac}`, '/auth');
    expect(locationOf(await client.get(issuer.approve(url.href, person())))).toBe(REFUSED);
  });

  it('is over ten minutes after it began', async () => {
    const [late, timely] = [host.client(), host.client()];
    const [one, other] = [await begin(late), await begin(timely)];
    host.clock.advance('599s');
    expect(locationOf(await timely.get(issuer.approve(other.href, person())))).toBe('/');
    host.clock.advance('1s');
    expect(locationOf(await late.get(issuer.approve(one.href, person())))).toBe(REFUSED);
  });
});

describe('back-channel logout', () => {
  let host: FactorHost;
  beforeAll(async () => {
    host = await hostWith({}, { throttle: false });
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
    expect(locationOf(await signIn(client, { ...who, claims: { sid } }))).toBe('/');
    return client;
  }

  // T-rfx8
  it('ends what came from that session there, by access and by refresh token, and nothing else', async () => {
    const [who, other] = [person(), person()];
    const gone = await signedIn(who, 'there-1');
    const stay = [await signedIn(who, 'there-2'), await signedIn(who), await signedIn(other, 'there-3')];
    const answer = await tell({ sid: 'there-1' });
    expect([answer.status, answer.text, answer.headers['cache-control']]).toEqual([200, '', 'no-store']);
    expect(await isIn(gone)).toBe(false);
    expect((await gone.post('/auth/refresh')).status).toBe(401);
    for (const each of stay) expect(await isIn(each)).toBe(true);
    expect(host.events.filter(({ type }) => type === 'session.ended')).toMatchObject([
      { reason: 'provider_logout' },
    ]);
  });

  it('of a person ends all that they vouched for, and spares who signed in with a password', async () => {
    const who = person();
    const clients = [await signedIn(who, 'a'), await signedIn(who, 'b'), await signedIn(who)];
    const [user, byPassword] = [await host.person(), host.client()];
    await byPassword.post('/auth/login', { email: user.email, password: PASSWORD });
    expect((await tell({ sub: who.sub })).status).toBe(200);
    expect(await Promise.all([...clients, byPassword].map(isIn))).toEqual([false, false, false, true]);
    // signed in again there, and here
    const later = Math.floor(Date.now() / 1000) + 1;
    const again = host.client();
    await signIn(again, { ...who, claims: { sid: 'c', iat: later } });
    expect(await isIn(again)).toBe(true);
  });

  it('of a session nobody has here is no failure', async () => {
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
      'an event that is no object',
      { events: { 'http://schemas.openid.net/event/backchannel-logout': true } },
      {},
    ],
    ['neither sub nor sid', { sub: undefined }, {}],
    ['an empty sub', { sub: '' }, {}],
    ['a sid that is no text', { sid: 1 }, {}],
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
    ['one that is no JWT', 'logout_token=a.b.c'],
  ])('refuses a form with %s', async (_, form) => {
    expect((await post(form)).status).toBe(400);
  });

  it('takes no JSON, no other provider’s route, and no GET', async () => {
    const token = await issuer.logoutToken({ sub: 'a' });
    const path = '/auth/oidc/first/backchannel-logout';
    expect((await host.client().post(path, { logout_token: token })).status).toBe(400);
    expect((await post({ logout_token: token }, host, 'second')).status).toBe(404);
    expect((await host.client().get(`${path}?logout_token=${token}`)).status).toBe(404);
  });

  // T-rgx2
  it('works once: a copy ends no later session', async () => {
    const who = person();
    const form = { logout_token: await issuer.logoutToken({ sub: who.sub }) };
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(form)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400]);
    const client = host.client();
    await signIn(client, { ...who, claims: { iat: Math.floor(Date.now() / 1000) + 1 } });
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
    const racing = await hostWith({}, { sessions: { claims } });
    const [client, who] = [racing.client(), person()];
    logout = () => tell({ sid: 'there' }, racing);
    expect(locationOf(await signIn(client, { ...who, claims: { sid: 'there' } }))).toBe(REFUSED);
    expect(client.jar.names()).toEqual([]);
    logout = async () => undefined;

    const first = await signedIn(who, 'other', racing);
    const { id, secret } = (await first.post('/auth/factors/totp')).json<Record<'id' | 'secret', string>>();
    await first.post('/auth/factors/totp/confirm', { id, code: racing.code(secret) });
    const second = racing.client();
    const place = locationOf(await signIn(second, { ...who, claims: { sid: 'third' } }));
    const ticket = place.split('#ticket=')[1];
    await tell({ sid: 'third' }, racing);
    const answer = await second.post('/auth/login/second-factor', { ticket, code: racing.code(secret, 1) });
    await racing.close();
    expect([answer.status, second.jar.names()]).toEqual([401, []]);
  });

  it('counts a stranger’s tokens against the address', async () => {
    const strict = await hostWith({}, { throttle: { address: 2 } });
    for (let times = 0; times < 3; times += 1)
      expect((await tell({ sub: `s${String(times)}` }, strict)).status).toBe(200);
    const statuses = [];
    for (let times = 0; times < 3; times += 1)
      statuses.push((await post({ logout_token: 'a.b.c' }, strict)).status);
    await strict.close();
    expect(statuses).toEqual([400, 400, 429]);
  });

  it('is 503 while the provider’s keys cannot be had, and can be told again', async () => {
    const fresh = await hostWith();
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

describe('a stranger', () => {
  // T-rfx6
  it('who begins sign-ins writes nothing, and counts against the address once they are refused', async () => {
    const host = await hostWith({}, { throttle: { address: 3 } });
    const begun = await Promise.all(Array.from({ length: 5 }, () => begin(host.client())));
    expect(new Set(begun.map(({ searchParams }) => searchParams.get('state'))).size).toBe(5);
    const forged = () => host.client().get('/auth/oidc/first/callback?state=made-up&code=made-up');
    const refused = () => signIn(host.client(), { ...person(), answer: { code: 'made up' } });
    // an image of any page can ask for this: it locks nobody out
    for (let times = 0; times < 9; times += 1) expect(locationOf(await forged())).toBe(REFUSED);
    // a right one gives back what it took
    for (let times = 0; times < 4; times += 1)
      expect(locationOf(await signIn(host.client(), person()))).toBe('/');
    for (let times = 0; times < 3; times += 1) expect(locationOf(await refused())).toBe(REFUSED);
    const [asked, answer] = [issuer.asked.length, await refused()];
    expect([answer.status, answer.json()['code']]).toEqual([429, 'too_many_attempts']);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(issuer.asked).toHaveLength(asked);
    expect(host.events.at(-1)).toMatchObject({ type: 'login.throttled' });
    await host.close();
  });

  // T-rfx7
  it('does not make the server ask a provider that is down again and again', async () => {
    const host = await hostWith();
    issuer.state.down = true;
    const looks = issuer.state.looks;
    const answers = [];
    for (let times = 0; times < 5; times += 1) answers.push(await host.client().get('/auth/oidc/first'));
    issuer.state.down = false;
    await host.close();
    expect(answers.map(({ status, setCookies }) => [status, setCookies])).toEqual(
      answers.map(() => [503, []]),
    );
    expect(issuer.state.looks - looks).toBe(1);
  });
});

/** The provider's clock goes on, and what it says must not be in the future. */
function catchUp({ clock }: FactorHost): void {
  clock.advance(`${String(Math.max(0, Date.now() - clock.now()))}ms`);
}

function authTimeOf(seconds: number): Approval {
  return { claims: { auth_time: Math.floor(seconds) } };
}
