import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { type FactorHost, PASSWORD } from './support/factor-host.js';
import type { Approval } from './support/fake-issuer.js';
import type { HttpClient } from './support/http.js';
import { begin, catchUp, issuer, oidcHost, visit } from './support/oidc-host.js';
import { locationOf, person, REFUSED as FRAGMENT } from './support/sign-in-elsewhere.js';

/*
 * What a session at the provider means here. The clock is the test's, the provider's is the machine's.
 */

const REFUSED = `/${FRAGMENT}`;

describe('sign-in at a provider', () => {
  let host: FactorHost;
  beforeAll(async () => {
    host = await oidcHost();
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
    ])('depends on the person’s proof at the provider: %s', async (_, age, status) => {
      const client = host.client();
      const proved = age === undefined ? 0 : now() - age;
      expect(locationOf(await visit(client, { ...person(), ...authTime(age) }))).toBe('/');
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
      expect(locationOf(await visit(client, { ...person(), ...approval }))).toBe(REFUSED);
      expect(client.jar.names()).toEqual([]);
    });

    // T-hs3q
    it('can be required to be recent: the answer must prove it', async () => {
      const asked = await begin(host.client(), { maxAge: '300' });
      expect(asked.searchParams.get('max_age')).toBe('300');
      expect((await begin(host.client())).searchParams.has('max_age')).toBe(false);
      const places = [];
      for (const age of [60, 3600, undefined])
        places.push(
          locationOf(
            await visit(host.client(), { ...person(), ...authTime(age) }, { maxAge: '300' }),
          ),
        );
      expect(places).toEqual(['/', REFUSED, REFUSED]);
    });

    it.each(['-1', '1.5', '', 'x', '86401', '300&maxAge=300'])(
      'cannot be requested with maxAge %j',
      async (maxAge) => {
        const answer = await host.client().get(`/auth/oidc/first?maxAge=${maxAge}`);
        expect([answer.status, answer.json()['message']]).toEqual([
          400,
          'maxAge: must be a whole number of seconds from 0 to 86400',
        ]);
      },
    );

    it('is requested as a claim if the provider supports that', async () => {
      expect((await begin(host.client())).searchParams.has('claims')).toBe(false);
      issuer.state.metadata = { claims_parameter_supported: true };
      const other = await oidcHost();
      const { searchParams } = await begin(other.client());
      issuer.state.metadata = {};
      await other.close();
      expect(JSON.parse(searchParams.get('claims') ?? '')).toEqual({
        id_token: { auth_time: { essential: true } },
      });
    });
  });

  // T-rfx3
  it('recognises the device, although its cookie is not sent when the provider sends the browser back', async () => {
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
  ])('begins and ends only by a visit, not by %s', async (_, method, headers) => {
    const client = host.client();
    const path = issuer.approve((await begin(client)).href, person());
    for (const each of [path, '/auth/oidc/first']) {
      const answer = await client.request(method, each, { headers });
      expect([answer.status, answer.setCookies]).toEqual([404, []]);
    }
    expect(locationOf(await client.get(path))).toBe('/');
  });

  // T-rfx5
  it('refuses a cookie that was changed', async () => {
    const client = host.client();
    const url = await begin(client, { returnTo: '/a' });
    const [body = '', mac = ''] = (client.jar.get('oidc_state') ?? '').split('.');
    const kept = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
    const changed = Buffer.from(JSON.stringify({ ...kept, returnTo: 'https://evil.example' }));
    client.jar.set('oidc_state', `${changed.toString('base64url')}.${mac}`, '/auth');
    expect(locationOf(await client.get(issuer.approve(url.href, person())))).toBe(REFUSED);
  });

  it('expires ten minutes after it began', async () => {
    const [late, timely] = [host.client(), host.client()];
    const [one, other] = [await begin(late), await begin(timely)];
    host.clock.advance('599s');
    expect(locationOf(await timely.get(issuer.approve(other.href, person())))).toBe('/');
    host.clock.advance('1s');
    expect(locationOf(await late.get(issuer.approve(one.href, person())))).toBe(REFUSED);
  });
});

describe('a stranger on a sibling subdomain', () => {
  // T-w7pd
  it('who plants a request of their own gets no identity linked, also once the access cookie has gone', async () => {
    const host = await oidcHost(
      { publicUrl: 'https://app.example.com/auth' },
      { cookies: { secure: true } },
    );
    catchUp(host);
    const [attacker, victim, who] = [host.client(), host.client(), person()];
    const { email } = await host.person();
    await attacker.post('/auth/login', { email, password: PASSWORD });
    const linking = await attacker.post('/auth/oidc/first/link', { returnTo: '/account' });
    const { url } = linking.json<{ url: string }>();
    const named = attacker.jar.names().find((name) => name.endsWith('oidc_state')) ?? '';
    // browsers let nobody plant a name with __Host- for another host
    victim.jar.set('oidc_state', attacker.jar.get(named) ?? '', '/auth', 'example.com');
    expect(locationOf(await victim.get(issuer.approve(url, who)))).toBe(REFUSED);
    expect((await attacker.get('/auth/oidc/identities')).json()).toEqual([]);
    // its own browser finishes it
    expect(locationOf(await attacker.get(issuer.approve(url, who)))).toBe('/account');
    await host.close();
  });
});

describe('a stranger', () => {
  // T-rfx6
  it('who begins sign-ins causes no writes, and refused ones count against the address', async () => {
    const host = await oidcHost({}, { throttle: { address: 3 } });
    const begun = await Promise.all(Array.from({ length: 5 }, () => begin(host.client())));
    expect(new Set(begun.map(({ searchParams }) => searchParams.get('state'))).size).toBe(5);
    const forged = () => host.client().get('/auth/oidc/first/callback?state=made-up&code=made-up');
    const refused = () => visit(host.client(), { ...person(), answer: { code: 'made up' } });
    // an image of any page can ask for this: it locks nobody out
    for (let times = 0; times < 9; times += 1) expect(locationOf(await forged())).toBe(REFUSED);
    // a right one gives back what it took
    for (let times = 0; times < 4; times += 1)
      expect(locationOf(await visit(host.client(), person()))).toBe('/');
    for (let times = 0; times < 3; times += 1) expect(locationOf(await refused())).toBe(REFUSED);
    const [asked, answer] = [issuer.asked.length, await refused()];
    expect([answer.status, answer.json()['code']]).toEqual([429, 'too_many_attempts']);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(issuer.asked).toHaveLength(asked);
    expect(host.events.at(-1)).toMatchObject({ type: 'login.throttled' });
    await host.close();
  });

  // T-rfx7
  it('cannot make the server ask a provider that is down again and again', async () => {
    const host = await oidcHost();
    issuer.state.down = true;
    const looks = issuer.state.looks;
    const answers = [];
    for (let times = 0; times < 5; times += 1)
      answers.push(await host.client().get('/auth/oidc/first'));
    issuer.state.down = false;
    await host.close();
    expect(answers.map(({ status, setCookies }) => [status, setCookies])).toEqual(
      answers.map(() => [503, []]),
    );
    expect(issuer.state.looks - looks).toBe(1);
  });
});

function authTimeOf(seconds: number): Approval {
  return { claims: { auth_time: Math.floor(seconds) } };
}
