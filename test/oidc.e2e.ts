import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { TOTP } from 'otpauth';
import { acceptedFor } from './support/accepted-for.js';
import { type AccountHosts, PASSWORD } from './support/account-host.js';
import { FORGED_ANSWERS } from './support/forged-answers.js';
import { type HttpClient, httpClient } from './support/http.js';
import { begin, issuer, oidcHosts, other, signIn, TRUSTED } from './support/oidc-host.js';
import { expectRefused, locationOf, me, person, REFUSED } from './support/sign-in-elsewhere.js';

describe('sign-in at a provider', () => {
  let hosts: AccountHosts;
  beforeAll(async () => {
    hosts = await oidcHosts({}, { count: 2 });
  });
  afterAll(() => hosts.close());

  const newClient = () => hosts.host.client();

  it('sends state, nonce and PKCE, and sets a Lax cookie that only this flow reads', async () => {
    const client = newClient();
    const answer = await client.get('/auth/oidc/first?returnTo=/done');
    expect([answer.status, answer.headers['cache-control']]).toEqual([302, 'no-store']);
    const url = new URL(locationOf(answer));
    expect(url.origin + url.pathname).toBe(`${issuer.issuer}/authorize`);
    const { state, nonce, code_challenge, ...rest } = Object.fromEntries(url.searchParams);
    for (const each of [state, nonce, code_challenge]) expect(each).toMatch(/^[\w-]{43}$/);
    expect(rest).toEqual({
      client_id: issuer.clientId,
      response_type: 'code',
      scope: 'openid email profile',
      code_challenge_method: 'S256',
      redirect_uri: `${hosts.host.url}/auth/oidc/first/callback`,
    });
    expect(answer.setCookies).toEqual([
      expect.stringMatching(
        /^oidc_state=[\w.-]+; Max-Age=600; Path=\/auth; HttpOnly; SameSite=Lax$/,
      ),
    ]);
  });

  it('creates an account and recognises the person the next time; the email counts as verified', async () => {
    const [client, who] = [newClient(), person()];
    const answer = await signIn(client, who, '/notes?page=2');
    expect([answer.status, locationOf(answer)]).toEqual([302, '/notes?page=2']);
    expect(client.jar.names().sort()).toEqual(['access_token', 'device', 'refresh_token']);
    expect(decodeJwt(client.jar.get('access_token') ?? '')['amr']).toEqual(['fed']);
    const { id, email } = await me(client);
    expect(email).toBe(who.email);
    const again = newClient();
    await signIn(again, { ...who, email: person().email });
    expect(await me(again)).toMatchObject({ id, email });
    const found = await hosts.database.pool.query(
      'select verified_at is not null as verified, pw from people where person_ref = $1',
      [id],
    );
    expect(found.rows).toEqual([
      { verified: true, pw: expect.stringMatching(/^\$argon2id\$/) as unknown },
    ]);
    expect((await newClient().post('/auth/login', { email, password: PASSWORD })).status).toBe(401);
    expect((await client.post('/auth/refresh')).status).toBe(200);
  });

  it('asks for a second factor if the user has one: the ticket is in the fragment, and no cookie is set', async () => {
    const [client, who] = [newClient(), person()];
    await signIn(client, who);
    const { id, secret } = (await client.post('/auth/factors/totp')).json<
      Record<'id' | 'secret', string>
    >();
    const now = Date.now();
    const code = (steps: number) =>
      new TOTP({ secret }).generate({ timestamp: now + steps * 30_000 });
    const confirmed = await client.post('/auth/factors/totp/confirm', { id, code: code(0) });
    expect(confirmed.status).toBe(200);
    const second = newClient();
    const location = locationOf(await signIn(second, who));
    expect(location).toMatch(/^\/done#ticket=[\w-]{43}$/);
    expect(second.jar.names()).toEqual([]);
    const ticket = location.split('=')[1];
    const answer = await second.post('/auth/login/second-factor', { ticket, code: code(1) });
    expect(answer.status).toBe(200);
    expect(decodeJwt(second.jar.get('access_token') ?? '')['amr']).toEqual(['fed', 'otp', 'mfa']);
  });

  // T-9vjb
  it.each(FORGED_ANSWERS)('is refused with %s', async (_, approval) => {
    const client = newClient();
    expectRefused(client, await signIn(client, { ...person(), ...approval }));
  });

  describe('the state', () => {
    const refusal = async (client: HttpClient, path: string) =>
      expectRefused(client, await client.get(path), '/');

    // T-rgx8
    it('works once', async () => {
      const client = newClient();
      const { href } = await begin(client);
      // two codes for one request: the provider itself would accept each of them
      const [first, second] = [issuer.approve(href, person()), issuer.approve(href, person())];
      const cookie = client.jar.copy();
      expect(locationOf(await client.get(first))).toBe('/');
      for (const path of [first, second])
        await refusal(httpClient(hosts.host.url, cookie.copy()), path);
    });

    // T-gkpb
    it('works for exactly one of twenty uses on two processes, each with a code of its own', async () => {
      const [client, who] = [newClient(), person()];
      const { href } = await begin(client);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          httpClient(hosts.hosts[at % 2]?.url ?? '', client.jar.copy()).get(
            issuer.approve(href, who),
          ),
        ),
      );
      expect(answers.filter((each) => locationOf(each) === '/')).toHaveLength(1);
    });

    // T-qcsp
    it('works only in the browser that began, so that nobody is signed in as the attacker', async () => {
      const attacker = newClient();
      const path = issuer.approve((await begin(attacker)).href, person());
      await refusal(newClient(), path);
      const another = issuer.approve((await begin(attacker)).href, person());
      const victim = newClient();
      await begin(victim);
      const asked = issuer.asked.length;
      expectRefused(victim, await victim.get(another), '/', ['oidc_state']);
      expect(issuer.asked).toHaveLength(asked);
    });

    // T-zpqh
    it('of somebody else, which any page can send a browser with, does not end a sign-in under way', async () => {
      const [attacker, client] = [newClient(), newClient()];
      const planted = issuer.approve((await begin(attacker)).href, person());
      const path = issuer.approve((await begin(client)).href, person());
      for (const sent of [planted, '/auth/oidc/first/callback?state=none'])
        expectRefused(client, await client.get(sent), '/', ['oidc_state']);
      expect(locationOf(await client.get(path))).toBe('/');
    });

    // T-pfb9
    it('is refused at the callback of another provider, and with two cookies', async () => {
      const [client, twice] = [newClient(), newClient()];
      const path = issuer.approve((await begin(client)).href, {
        ...person(),
        answer: { iss: other.issuer },
      });
      const elsewhere = await client.get(path.replace('/first/', '/second/'));
      expectRefused(client, elsewhere, '/', ['oidc_state']);
      const second = issuer.approve((await begin(twice)).href, person());
      twice.jar.set('oidc_state', 'tossed', '/');
      const answer = await twice.get(second);
      expect(locationOf(answer)).toBe(`/${REFUSED}`);
    });

    // T-8v74
    it('does not accept somebody else’s code, which has another verifier', async () => {
      const [victim, attacker] = [newClient(), newClient()];
      const stolen = new URL(issuer.approve((await begin(victim)).href, person()), issuer.issuer);
      const own = new URL(issuer.approve((await begin(attacker)).href, person()), issuer.issuer);
      own.searchParams.set('code', stolen.searchParams.get('code') ?? '');
      await refusal(attacker, own.pathname + own.search);
    });

    it('is refused if it comes twice in one answer', async () => {
      const doubled = newClient();
      const path = issuer.approve((await begin(doubled)).href, person());
      const answer = await doubled.get(`${path}&state=another`);
      expectRefused(doubled, answer, '/', ['oidc_state']);
    });
  });

  // T-ht3n
  it.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    '/%09/evil.example',
    '/.//evil.example',
  ])('returns to the start page where returnTo is %s', async (returnTo) => {
    const client = newClient();
    expect(locationOf(await signIn(client, person(), returnTo))).toBe('/');
  });

  // T-5dpg
  it('cannot begin from another site; a trusted origin is recognised by its Referer', async () => {
    const from = (headers: Record<string, string>) =>
      newClient().get('/auth/oidc/first', { headers });
    const elsewhere = { 'sec-fetch-site': 'cross-site', referer: 'https://evil.example/' };
    const refused = await from(elsewhere);
    expect([refused.status, refused.json()['code']]).toEqual([403, 'cross_origin']);
    expect(
      (await from({ 'sec-fetch-site': 'same-site', referer: `${TRUSTED}/sign-in` })).status,
    ).toBe(302);
    expect((await from({ 'sec-fetch-site': 'same-origin' })).status).toBe(302);
  });

  it('is 404 for a provider that is not configured', async () => {
    for (const path of ['third', 'third/callback', '__proto__', 'first%2f..'])
      expect((await newClient().get(`/auth/oidc/${path}`)).status).toBe(404);
  });

  it('is 503 while the provider does not answer, with nobody signed in', async () => {
    const [client, failing] = [newClient(), newClient()];
    const answer = await signIn(failing, { ...person(), status: 503 });
    expect([answer.status, failing.jar.get('access_token')]).toEqual([503, undefined]);
    const path = issuer.approve((await begin(client)).href, person());
    issuer.state.down = true;
    const down = await client.get(path);
    issuer.state.down = false;
    expect([down.status, down.headers['retry-after'], down.json()['code']]).toEqual([
      503,
      '1',
      'unavailable',
    ]);
    expect(down.text).not.toContain('first');
  });

  it('refuses a user who is disabled', async () => {
    const [client, again, who] = [newClient(), newClient(), person()];
    await signIn(client, who);
    const { id } = await me(client);
    await hosts.database.pool.query('update people set locked = true where person_ref = $1', [id]);
    expectRefused(again, await signIn(again, who));
  });

  // T-rgx6
  it('ends within a second on every process once the provider says that the person is signed out there', async () => {
    const [client, who] = [newClient(), person()];
    await signIn(client, { ...who, claims: { sid: 'there' } });
    const elsewhere = httpClient(hosts.hosts[1]?.url ?? '', client.jar.copy());
    expect((await elsewhere.get('/auth/me')).status).toBe(200);
    const body = new URLSearchParams({
      logout_token: await issuer.logoutToken({ sid: 'there' }),
    }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const told = await newClient().request('POST', '/auth/oidc/first/backchannel-logout', {
      headers,
      body,
    });
    expect(told.status).toBe(200);
    expect((await client.get('/auth/me')).status).toBe(401);
    const ask = async () => (await elsewhere.get('/auth/me')).status;
    expect(await acceptedFor(ask)).toBeLessThan(1000);
    expect((await elsewhere.post('/auth/refresh')).status).toBe(401);
    const audit = await hosts.database.pool.query(
      "select detail->>'reason' as reason from auth_audit where type = 'session.ended'",
    );
    expect(audit.rows).toContainEqual({ reason: 'provider_logout' });
  });
});
