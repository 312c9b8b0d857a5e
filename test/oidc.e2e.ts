import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthService } from '@tokenward/nestjs';
import type { AuthModuleOptions } from '@tokenward/nestjs';
import type { AccountOptions } from '@tokenward/nestjs/options';
import { oidc, type OidcOptions } from '@tokenward/nestjs/oidc';
import { totp } from '@tokenward/nestjs/totp';
import { decodeJwt } from 'jose';
import { TOTP } from 'otpauth';
import { type AccountHosts, accountHosts, PASSWORD } from './support/account-host.js';
import { sealingKey } from './support/factor-host.js';
import { type Approval, type FakeIssuer, fakeIssuer } from './support/fake-issuer.js';
import { FORGED_ANSWERS } from './support/forged-answers.js';
import { until } from './support/until.js';
import { type HttpAnswer, type HttpClient, httpClient } from './support/http.js';

const REFUSED = '#error=login_refused';
const TRUSTED = 'https://app.example.com';
let people = 0;
const newEmail = () => `somebody${String(++people)}@provider.example`;

let issuer: FakeIssuer;
let other: FakeIssuer;
beforeAll(async () => {
  [issuer, other] = [await fakeIssuer(), await fakeIssuer()];
});
afterAll(async () => {
  await issuer.close();
  await other.close();
});

function providersOf(changes: Partial<OidcOptions> = {}) {
  const of = ({ issuer: url, clientId, clientSecret }: FakeIssuer) => ({
    issuer: url,
    clientId,
    clientSecret,
  });
  return oidc({ providers: { first: of(issuer), second: of(other) }, ...changes });
}

function hostsWith(
  changes: Partial<OidcOptions> = {},
  {
    accounts = {},
    count = 1,
    ...others
  }: Partial<Omit<AuthModuleOptions, 'accounts'>> & {
    accounts?: Partial<AccountOptions>;
    count?: number;
  } = {},
) {
  const methods = [providersOf(changes), totp({ issuer: 'Example' })];
  const factors = { methods, encryptionKeys: [sealingKey('k1')] };
  return accountHosts(accounts, { factors, origins: { trustedOrigins: [TRUSTED] }, ...others }, count);
}

const locationOf = (answer: HttpAnswer): string => answer.headers['location'] ?? '';
const begin = async (client: HttpClient, returnTo = '/', provider = 'first') =>
  locationOf(await client.get(`/auth/oidc/${provider}?returnTo=${encodeURIComponent(returnTo)}`));

/** From the button to the page that the browser ends up at. */
async function signIn(client: HttpClient, approval: Approval, returnTo = '/done'): Promise<HttpAnswer> {
  return client.get(issuer.approve(await begin(client, returnTo), approval));
}

const me = async (client: HttpClient) => (await client.get('/auth/me')).json<{ id: string; email: string }>();

describe('sign-in at a provider', () => {
  let hosts: AccountHosts;
  beforeAll(async () => {
    hosts = await hostsWith({}, { count: 2 });
  });
  afterAll(() => hosts.close());

  const newClient = () => hosts.host.client();
  const auth = () => hosts.host.app.get(AuthService, { strict: false });
  const person = () => ({ sub: `s${String(++people)}`, email: newEmail(), emailVerified: true });
  const expectRefused = (client: HttpClient, answer: HttpAnswer, at = '/done') => {
    expect([answer.status, locationOf(answer)]).toEqual([302, at + REFUSED]);
    expect(client.jar.names()).toEqual([]);
  };

  it('goes out with state, nonce and PKCE, and a Lax cookie that only this flow reads', async () => {
    const client = newClient();
    const answer = await client.get('/auth/oidc/first?returnTo=/done');
    expect([answer.status, answer.headers['cache-control']]).toEqual([302, 'no-store']);
    const url = new URL(locationOf(answer));
    expect(url.origin + url.pathname).toBe(`${issuer.issuer}/authorize`);
    const { state, nonce, code_challenge, ...rest } = Object.fromEntries(url.searchParams);
    for (const each of [state, nonce, code_challenge]) expect(each).toMatch(/^[\w-]{43}$/);
    expect(rest).toEqual({
      ...{ client_id: issuer.clientId, response_type: 'code', scope: 'openid email profile' },
      ...{ code_challenge_method: 'S256', redirect_uri: `${hosts.host.url}/auth/oidc/first/callback` },
    });
    expect(answer.setCookies).toEqual([
      expect.stringMatching(/^oidc_state=[\w.-]+; Max-Age=600; Path=\/auth; HttpOnly; SameSite=Lax$/),
    ]);
  });

  it('makes an account, and knows the person again; the email counts as verified', async () => {
    const [client, who] = [newClient(), person()];
    const answer = await signIn(client, who, '/notes?page=2');
    expect([answer.status, locationOf(answer)]).toEqual([302, '/notes?page=2']);
    expect(client.jar.names().sort()).toEqual(['access_token', 'device', 'refresh_token']);
    expect(decodeJwt(client.jar.get('access_token') ?? '')['amr']).toEqual(['fed']);
    const { id, email } = await me(client);
    expect(email).toBe(who.email);
    const again = newClient();
    await signIn(again, { ...who, email: newEmail() });
    expect(await me(again)).toMatchObject({ id, email });
    const found = await hosts.database.pool.query(
      'select verified_at is not null as verified, pw from people where person_ref = $1',
      [id],
    );
    expect(found.rows).toEqual([{ verified: true, pw: expect.stringMatching(/^\$argon2id\$/) as unknown }]);
    expect((await newClient().post('/auth/login', { email, password: PASSWORD })).status).toBe(401);
    expect((await client.post('/auth/refresh')).status).toBe(200);
  });

  it('asks for a second factor where the user has one: the ticket goes in the fragment, and no cookie is set', async () => {
    const [client, who] = [newClient(), person()];
    await signIn(client, who);
    const { id, secret } = (await client.post('/auth/factors/totp')).json<Record<'id' | 'secret', string>>();
    const now = Date.now();
    const code = (steps: number) => new TOTP({ secret }).generate({ timestamp: now + steps * 30_000 });
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
      const path = issuer.approve(await begin(client), person());
      const cookie = client.jar.copy();
      expect(locationOf(await client.get(path))).toBe('/');
      await refusal(httpClient(hosts.host.url, cookie), path);
    });

    // T-gkpb
    it('of twenty uses on two processes one counts', async () => {
      const client = newClient();
      const path = issuer.approve(await begin(client), person());
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          httpClient(hosts.hosts[at % 2]?.url ?? '', client.jar.copy()).get(path),
        ),
      );
      expect(answers.filter((each) => locationOf(each) === '/')).toHaveLength(1);
    });

    // T-qcsp
    it('works in the browser that began alone, so that nobody is signed in as the attacker', async () => {
      const attacker = newClient();
      const path = issuer.approve(await begin(attacker), person());
      await refusal(newClient(), path);
      const another = issuer.approve(await begin(attacker), person());
      const victim = newClient();
      await begin(victim);
      const asked = issuer.asked.length;
      await refusal(victim, another);
      expect(issuer.asked).toHaveLength(asked);
    });

    // T-pfb9
    it('is refused at the callback of another provider, and beside two cookies', async () => {
      const [client, twice] = [newClient(), newClient()];
      const path = issuer.approve(await begin(client), { ...person(), answer: { iss: other.issuer } });
      await refusal(client, path.replace('/first/', '/second/'));
      const second = issuer.approve(await begin(twice), person());
      twice.jar.set('oidc_state', 'tossed', '/');
      const answer = await twice.get(second);
      expect(locationOf(answer)).toBe(`/${REFUSED}`);
    });

    // T-8v74
    it('does not carry the code of somebody else, whose verifier is another', async () => {
      const [victim, attacker] = [newClient(), newClient()];
      const stolen = new URL(issuer.approve(await begin(victim), person()), issuer.issuer);
      const own = new URL(issuer.approve(await begin(attacker), person()), issuer.issuer);
      own.searchParams.set('code', stolen.searchParams.get('code') ?? '');
      await refusal(attacker, own.pathname + own.search);
    });

    it('twice in one answer is none', async () => {
      const doubled = newClient();
      await refusal(doubled, `${issuer.approve(await begin(doubled), person())}&state=another`);
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
  it('begins for no other site; a trusted origin is known by its Referer', async () => {
    const from = (headers: Record<string, string>) => newClient().get('/auth/oidc/first', { headers });
    const elsewhere = { 'sec-fetch-site': 'cross-site', referer: 'https://evil.example/' };
    const refused = await from(elsewhere);
    expect([refused.status, refused.json()['code']]).toEqual([403, 'cross_origin']);
    expect((await from({ 'sec-fetch-site': 'same-site', referer: `${TRUSTED}/sign-in` })).status).toBe(302);
    expect((await from({ 'sec-fetch-site': 'same-origin' })).status).toBe(302);
  });

  it('names no provider that is not configured', async () => {
    for (const path of ['third', 'third/callback', '__proto__', 'first%2f..'])
      expect((await newClient().get(`/auth/oidc/${path}`)).status).toBe(404);
  });

  it('is 503 while the provider does not answer, with nobody signed in', async () => {
    const [client, failing] = [newClient(), newClient()];
    const answer = await signIn(failing, { ...person(), status: 503 });
    expect([answer.status, failing.jar.get('access_token')]).toEqual([503, undefined]);
    const path = issuer.approve(await begin(client), person());
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
    const body = new URLSearchParams({ logout_token: await issuer.logoutToken({ sid: 'there' }) }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const told = await newClient().request('POST', '/auth/oidc/first/backchannel-logout', { headers, body });
    expect(told.status).toBe(200);
    const toldAt = performance.now();
    expect((await client.get('/auth/me')).status).toBe(401);
    await until(async () => (await elsewhere.get('/auth/me')).status === 401);
    expect(performance.now() - toldAt).toBeLessThan(1000);
    expect((await elsewhere.post('/auth/refresh')).status).toBe(401);
    const audit = await hosts.database.pool.query(
      "select detail->>'reason' as reason from auth_audit where type = 'session.ended'",
    );
    expect(audit.rows).toContainEqual({ reason: 'provider_logout' });
  });

  describe('an account that was made, and not linked before the process died', () => {
    const cutOff = async (who: Approval) => {
      const { pool } = hosts.database;
      await pool.query(`create function die() returns trigger language plpgsql as $$ begin raise 'died'; end $$;
        create trigger dies before insert on auth_identities execute function die()`);
      const answer = await signIn(newClient(), who);
      await pool.query('drop trigger dies on auth_identities; drop function die()');
      expect(answer.status).toBeGreaterThanOrEqual(500);
      const made = await pool.query<{ person_ref: string; pw: string }>(
        'select person_ref, pw from people where mail = $1',
        [who.email],
      );
      return made.rows[0]?.person_ref;
    };

    it('is opened by the next sign-in of that person, and by nobody else’s', async () => {
      const [client, who] = [newClient(), person()];
      const id = await cutOff(who);
      expectRefused(newClient(), await signIn(newClient(), { ...who, sub: 'somebody else' }));
      expect(locationOf(await signIn(client, who))).toBe('/done');
      expect((await me(client)).id).toBe(id);
    });

    // T-rgx7
    it('is its owner’s once the mailbox was proved here, or a password was set', async () => {
      const [byLink, byReset] = [person(), person()].map((each) => ({ ...each, emailVerified: false }));
      if (!byLink || !byReset) throw new Error('two people');
      for (const who of [byLink, byReset]) await cutOff(who);
      const { pool } = hosts.database;
      await pool.query('update people set verified_at = now() where mail = $1', [byLink.email]);
      await pool.query('update people set pw = $2 where mail = $1', [byReset.email, 'another hash']);
      for (const who of [byLink, byReset]) expectRefused(newClient(), await signIn(newClient(), who));
    });
  });

  describe('an email that has an account', () => {
    // T-c8kp
    it.each([
      ['a password and no proof of the email', {}],
      ['a verified email', { verifiedAt: new Date() }],
    ])('is not joined: %s', async (_, values) => {
      const { mail } = await hosts.member(values);
      const client = newClient();
      expectRefused(client, await signIn(client, { ...person(), email: mail.toUpperCase() }));
    });

    // T-kdcd
    it('an identity that was linked before the email was verified does not outlive a reset, another does', async () => {
      const early = await hosts.member();
      const late = await hosts.member({ verifiedAt: new Date() });
      const subs = new Map<string, string>();
      for (const member of [early, late]) {
        const [client, who] = [await hosts.signIn(member), person()];
        subs.set(member.id, who.sub);
        await linked(client, who);
        await newClient().post('/auth/password/forgot', { email: member.mail });
        const [mail] = await hosts.mailsTo(member.mail, 'password_reset');
        const reset = { token: mail?.token, newPassword: 'a password of its owner' };
        expect((await newClient().post('/auth/password/reset', reset)).status).toBe(204);
      }
      const back = async ({ id, mail }: typeof early) => {
        const client = newClient();
        return locationOf(
          await signIn(client, { sub: subs.get(id) ?? '', email: mail, emailVerified: true }),
        );
      };
      expect([await back(early), await back(late)]).toEqual([`/done${REFUSED}`, '/done']);
    });

    it('a magic link to it ends what was linked before the email was verified', async () => {
      const [member, who, client] = [await hosts.member(), person(), newClient()];
      await linked(await hosts.signIn(member), who);
      await client.post('/auth/magic-link', { email: member.mail });
      const [mail] = await hosts.mailsTo(member.mail, 'magic_link');
      expect((await client.post('/auth/magic-link/login', { token: mail?.token })).status).toBe(200);
      expect(locationOf(await signIn(newClient(), { ...who, email: member.mail }))).toBe(`/done${REFUSED}`);
    });
  });

  const urlToLink = async (client: HttpClient, returnTo = '/account') =>
    client.post('/auth/oidc/first/link', { returnTo });
  async function linked(client: HttpClient, approval: Approval): Promise<string> {
    const { url } = (await urlToLink(client)).json<{ url: string }>();
    return locationOf(await client.get(issuer.approve(url, approval)));
  }

  describe('linking', () => {
    // T-6hmm
    it('adds a way in, tells the owner, and is taken back by DELETE', async () => {
      const [member, who] = [await hosts.member(), person()];
      const client = await hosts.signIn(member);
      const other = await hosts.signIn(member);
      expect(await linked(client, who)).toBe('/account');
      expect((await other.get('/auth/me')).status).toBe(401);
      expect(await me(client)).toMatchObject({ id: member.id });
      const [mail] = await hosts.mailsTo(member.mail, 'factor_changed');
      expect(mail).toMatchObject({ userId: member.id, what: 'sign-in with a provider linked' });
      const back = newClient();
      expect(locationOf(await signIn(back, who))).toBe('/done');
      expect(await me(back)).toMatchObject({ id: member.id });
      const linkedThen = { provider: 'first', issuer: issuer.issuer, email: who.email };
      expect((await back.get('/auth/oidc/identities')).json()).toEqual([
        { ...linkedThen, linkedAt: expect.stringMatching(/^\d{4}-.*Z$/) as unknown },
      ]);
      expect((await back.delete('/auth/oidc/first/link')).status).toBe(204);
      expect(locationOf(await signIn(newClient(), { ...who, email: member.mail }))).toBe(`/done${REFUSED}`);
      await back.post('/auth/refresh');
      expect((await back.get('/auth/oidc/identities')).json()).toEqual([]);
      expect((await newClient().get('/auth/oidc/identities')).status).toBe(401);
      expect((await back.delete('/auth/oidc/first/link')).status).toBe(404);
    });

    // T-rqp2
    it('refuses an identity that somebody has', async () => {
      const who = person();
      await signIn(newClient(), who);
      const client = await hosts.signIn(await hosts.member());
      expect(await linked(client, who)).toBe(`/account${REFUSED}`);
    });

    it.each<readonly [string, (client: HttpClient, other: HttpClient) => Promise<unknown>]>([
      ['its session was signed out', (client) => client.post('/auth/logout')],
      ['everything was signed out', (client) => client.post('/auth/logout-all')],
      [
        'the password changed',
        (_, other) =>
          other.post('/auth/password', { currentPassword: PASSWORD, newPassword: 'another passphrase' }),
      ],
      ['another identity was linked', async (_, other) => linked(other, person())],
    ])('is refused once %s', async (_, between) => {
      const member = await hosts.member();
      const [client, other, who] = [await hosts.signIn(member), await hosts.signIn(member), person()];
      const { url } = (await urlToLink(client)).json<{ url: string }>();
      await between(client, other);
      const answer = await client.get(issuer.approve(url, who));
      expect(locationOf(answer)).toMatch(/#error=login_refused$/);
      const gone = await hosts.database.pool.query(
        'select 1 from auth_identities where issuer_subject = $1',
        [who.sub],
      );
      expect(gone.rows).toEqual([]);
    });

    // T-dsr8
    it('works in the browser of who asked alone: a URL that was sent to somebody links nothing', async () => {
      const [attacker, who] = [await hosts.signIn(await hosts.member()), person()];
      const { url } = (await urlToLink(attacker)).json<{ url: string }>();
      const victim = await hosts.signIn(await hosts.member());
      expect(locationOf(await victim.get(issuer.approve(url, who)))).toBe(`/${REFUSED}`);
    });

    it('does not give an identity to an account that the browser is not signed in to, whatever cookie it brings', async () => {
      const [attacker, who] = [await hosts.signIn(await hosts.member()), person()];
      const { url } = (await urlToLink(attacker)).json<{ url: string }>();
      const victim = await hosts.signIn(await hosts.member());
      // as a sibling subdomain plants it
      victim.jar.set('oidc_state', attacker.jar.get('oidc_state') ?? '', '/auth');
      expect(locationOf(await victim.get(issuer.approve(url, who)))).toBe(`/account${REFUSED}`);
      expect((await attacker.get('/auth/oidc/identities')).json()).toEqual([]);
    });

    it('wants a proof of at most five minutes, of this site, and somebody signed in', async () => {
      const { id } = await hosts.member();
      const old = await auth().openSession(id, {
        transport: 'bearer',
        authTime: new Date(Date.now() - 301_000),
      });
      const authorization = `Bearer ${'grant' in old ? old.grant.accessToken : ''}`;
      const headers = { authorization };
      const stale = await newClient().post('/auth/oidc/first/link', {}, { headers });
      expect([stale.status, stale.json()['code']]).toEqual([401, 'reauthentication_required']);
      expect((await newClient().delete('/auth/oidc/first/link', { headers })).status).toBe(401);
      expect((await newClient().post('/auth/oidc/first/link')).status).toBe(401);
      const elsewhere = { headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } };
      const client = await hosts.signIn(await hosts.member());
      expect((await client.post('/auth/oidc/first/link', {}, elsewhere)).status).toBe(403);
    });
  });
});

describe('what the options change', () => {
  let hosts: AccountHosts;
  beforeAll(async () => {
    hosts = await hostsWith(
      { createAccounts: false, linkByVerifiedEmail: true, publicUrl: 'https://shop.example/auth/' },
      { accounts: { verifiedEmail: 'required' } },
    );
  });
  afterAll(() => hosts.close());

  // T-hbk6
  it.each([
    ['is joined where both sides know it as verified', { verifiedAt: new Date() }, true, '/done'],
    ['is not where the provider does not', { verifiedAt: new Date() }, false, `/done${REFUSED}`],
    ['is not where nobody proved it here', {}, true, `/done${REFUSED}`],
    ['is not where neither does', {}, false, `/done${REFUSED}`],
  ])('linkByVerifiedEmail: an email %s', async (_, values, emailVerified, place) => {
    const [member, client] = [await hosts.member(values), hosts.host.client()];
    const approval = { sub: member.id, email: member.mail, emailVerified };
    expect(locationOf(await signIn(client, approval))).toBe(place);
    const joined = await hosts.database.pool.query('select subject from auth_identities where subject = $1', [
      member.id,
    ]);
    expect(joined.rows).toHaveLength(place === '/done' ? 1 : 0);
  });

  it('linkByVerifiedEmail: another mailbox that NFKC makes the same is not joined', async () => {
    const member = await hosts.member({ verifiedAt: new Date() });
    // fullwidth
    const email = String.fromCharCode(member.mail.charCodeAt(0) + 0xfee0) + member.mail.slice(1);
    expect(email.normalize('NFKC')).toBe(member.mail);
    const answer = await signIn(hosts.host.client(), { sub: member.id, email, emailVerified: true });
    expect(locationOf(answer)).toBe(`/done${REFUSED}`);
  });

  it('createAccounts off: an unknown person gets none', async () => {
    const email = newEmail();
    const answer = await signIn(hosts.host.client(), { email, emailVerified: true });
    expect(locationOf(answer)).toBe(`/done${REFUSED}`);
    const made = await hosts.database.pool.query('select 1 from people where mail = $1', [email]);
    expect(made.rows).toEqual([]);
  });

  it('publicUrl: the redirect URI is of configuration, whatever Host and forwarded headers say', async () => {
    const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example' };
    const location = locationOf(await hosts.host.client().get('/auth/oidc/first', { headers }));
    const uri = new URL(location).searchParams.get('redirect_uri');
    expect(uri).toBe('https://shop.example/auth/oidc/first/callback');
  });

  it('without it no host but loopback has the route, and none starts in production', async () => {
    const plain = await hostsWith();
    const answer = await plain.host.client().get('/auth/oidc/first', { headers: { host: 'evil.example' } });
    await plain.close();
    expect([answer.status, answer.json()['code']]).toEqual([404, 'not_found']);
    const { NODE_ENV: environment } = process.env;
    process.env['NODE_ENV'] = 'production';
    const started = hostsWith();
    await expect(started).rejects.toThrow('oidc.publicUrl: is missing');
    process.env['NODE_ENV'] = environment;
  });
});
