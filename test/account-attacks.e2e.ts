import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { oidc, type OidcProvider } from '@tokenward/nestjs/oidc';
import { decodeJwt } from 'jose';
import { type FactorHost, factorHost, PASSWORD, type Session } from './support/factor-host.js';
import { type Approval, type FakeIssuer, fakeIssuer } from './support/fake-issuer.js';
import { FORGED_ANSWERS } from './support/forged-answers.js';
import type { HttpAnswer, HttpClient } from './support/http.js';
import { locationOf, person, REFUSED } from './support/sign-in-elsewhere.js';

/*
 * What docs/assurance/accounts.md lists and no other file tries: providers on Fastify, and guesses from many places.
 */

let honest: FakeIssuer;
let evil: FakeIssuer;
beforeAll(async () => {
  [honest, evil] = [await fakeIssuer(), await fakeIssuer()];
});
afterAll(async () => {
  await honest.close();
  await evil.close();
});

const providerOf = ({ issuer, clientId, clientSecret }: FakeIssuer): OidcProvider => ({
  issuer,
  clientId,
  clientSecret,
});

/** Honest as `first`, evil as `second`. */
function hostWith(
  changes: Partial<OidcProvider> = {},
  options: Parameters<typeof factorHost>[0] = {},
  linkByVerifiedEmail = false,
): Promise<FactorHost> {
  const providers = { first: { ...providerOf(honest), ...changes }, second: providerOf(evil) };
  const factors = { methods: [oidc({ providers, linkByVerifiedEmail })] };
  return factorHost({
    adapter: 'fastify',
    factors,
    cookies: { secure: false },
    throttle: false,
    ...options,
  });
}

type Headers = Readonly<Record<string, string>>;
const begin = async (client: HttpClient, provider = 'first', headers: Headers = {}) =>
  locationOf(await client.get(`/auth/oidc/${provider}?returnTo=/done`, { headers }));
const signIn = async (client: HttpClient, approval: Approval, headers: Headers = {}) =>
  client.get(honest.approve(await begin(client, 'first', headers), approval), { headers });
const signInAtSecond = async (client: HttpClient, approval: Approval) =>
  client.get(evil.approve(await begin(client, 'second'), approval));
const me = async (client: HttpClient) =>
  (await client.get('/auth/me')).json<{ id: string; email: string; sessionId: string }>();

describe('sign-in at a provider, on Fastify', () => {
  let host: FactorHost;
  beforeAll(async () => {
    host = await hostWith();
  });
  afterAll(() => host.close());

  const expectRefused = (client: HttpClient, answer: HttpAnswer, at = '/done') => {
    expect([answer.status, locationOf(answer)]).toEqual([302, at + REFUSED]);
    expect(client.jar.names()).toEqual([]);
  };

  it('sets the cookies of a login, and reads the email from userinfo if the id_token has none', async () => {
    const [client, { sub = '', email }] = [host.client(), person()];
    const answer = await signIn(client, { sub, userinfo: { sub, email, email_verified: true } });
    expect([answer.status, locationOf(answer)]).toEqual([302, '/done']);
    expect(client.jar.names().sort()).toEqual(['access_token', 'device', 'refresh_token']);
    expect((await me(client)).email).toBe(email);
  });

  // T-v6bx
  it.each(FORGED_ANSWERS)('is refused with %s', async (_, approval) => {
    const client = host.client();
    expectRefused(client, await signIn(client, { ...person(), ...approval }));
  });

  // T-3dxd
  it.each(['//evil.example', '/\\evil.example', 'https://evil.example', '/%09/evil.example'])(
    'returns to the start page where returnTo is %s',
    async (returnTo) => {
      const client = host.client();
      const asked = await client.get(`/auth/oidc/first?returnTo=${encodeURIComponent(returnTo)}`);
      expect(locationOf(await client.get(honest.approve(locationOf(asked), person())))).toBe('/');
    },
  );

  // T-dbj9
  it('a stolen code signs nobody in, with the state of the victim or of the thief', async () => {
    const [victim, thief] = [host.client(), host.client()];
    const stolen = new URL(honest.approve(await begin(victim), person()), honest.issuer);
    expectRefused(thief, await thief.get(stolen.pathname + stolen.search), '/');
    const own = new URL(honest.approve(await begin(thief), person()), honest.issuer);
    own.searchParams.set('code', stolen.searchParams.get('code') ?? '');
    expectRefused(thief, await thief.get(own.pathname + own.search));
  });

  // T-wtwb
  it('a provider that redirects the browser to another provider never gets the other’s code', async () => {
    const client = host.client();
    // the honest one answers to where the evil one wanted it
    const path = honest.approve(await begin(client, 'second'), person());
    expect(path).toContain('/auth/oidc/second/callback');
    const asked = evil.asked.length;
    expectRefused(client, await client.get(path));
    expect(evil.asked).toHaveLength(asked);
  });

  // T-v9fk
  it('prevents session fixation: an earlier session of the browser is not continued', async () => {
    const [browser, attacker, victim] = [host.client(), person(), person()];
    await signIn(browser, attacker);
    const planted = browser.copy();
    const before = await me(planted);
    await signIn(browser, victim);
    const after = await me(browser);
    expect([after.email, after.sessionId === before.sessionId]).toEqual([victim.email, false]);
    expect((await me(planted)).email).toBe(attacker.email);
    expect(planted.jar.get('refresh_token')).not.toBe(browser.jar.get('refresh_token'));
  });

  // T-j3gf
  it('a subject of one provider is unknown at another, even with the same email', async () => {
    const [here, there, third] = [host.client(), host.client(), host.client()];
    const who = person();
    await signIn(here, who);
    expect(locationOf(await signInAtSecond(third, who))).toBe(`/done${REFUSED}`);
    expect(locationOf(await signInAtSecond(there, { ...person(), sub: who.sub }))).toBe('/done');
    expect((await me(there)).id).not.toBe((await me(here)).id);
  });

  // T-2mc2
  it.each([
    ['of every directory at once', '{tenantid}'],
    ['of another one', 'another'],
  ])('sends nobody to a provider whose document names an issuer %s', async (_, issuer) => {
    honest.state.metadata = { issuer: `${honest.issuer}/${issuer}` };
    const fresh = await hostWith();
    const answer = await fresh.client().get('/auth/oidc/first');
    honest.state.metadata = {};
    await fresh.close();
    expect([answer.status, answer.setCookies]).toEqual([503, []]);
  });

  it('belongs to the tenant where it began, wherever the provider sends the browser back', async () => {
    const tenant = ({ headers }: { headers: Readonly<Record<string, unknown>> }) =>
      headers['x-tenant'];
    const shops = await hostWith(
      {},
      { identifier: { tenant: tenant as () => string | undefined } },
    );
    const [browser, who] = [shops.client(), person()];
    const begun = await begin(browser, 'first', { 'x-tenant': 'north' });
    expect(locationOf(await browser.get(honest.approve(begun, who)))).toBe('/done');
    const told = shops.events.filter(({ type }) => /^user\.registered|^email\.verified/.test(type));
    expect(told.map(({ type, tenant }) => [type, tenant])).toEqual([
      ['user.registered', 'north'],
      ['email.verified', 'north'],
    ]);
    const elsewhere = shops.client();
    const wrong = await begin(elsewhere, 'first', { 'x-tenant': 'south' });
    const headers = { 'x-tenant': 'north' };
    expectRefused(elsewhere, await elsewhere.get(honest.approve(wrong, who), { headers }));
    await shops.close();
  });

  // T-r44f
  it('an identity of one tenant opens no account of another', async () => {
    const tenant = ({ headers }: { headers: Readonly<Record<string, unknown>> }) =>
      String(headers['x-tenant'] ?? '');
    const shops = await hostWith({}, { identifier: { tenant } });
    const [north, south, who] = [shops.client(), shops.client(), person()];
    expect(locationOf(await signIn(north, who, { 'x-tenant': 'north' }))).toBe('/done');
    expectRefused(south, await signIn(south, who, { 'x-tenant': 'south' }));
    // a request that names no tenant
    expectRefused(south, await signIn(south, who, {}));
    const other = { ...person(), email: who.email };
    expect(locationOf(await signIn(south, other, { 'x-tenant': 'south' }))).toBe('/done');
    await shops.close();
  });
});

describe.each([true, false])('trustEmail %s, with linkByVerifiedEmail', (trustEmail) => {
  let host: FactorHost;
  beforeAll(async () => {
    host = await hostWith({ trustEmail }, {}, true);
  });
  afterAll(() => host.close());

  // T-8z8z
  it.each([
    [
      'an account whose owner proved the mailbox here',
      true,
      trustEmail ? '/done' : `/done${REFUSED}`,
    ],
    ['an account that anybody may have registered', false, `/done${REFUSED}`],
  ])(
    'an email that the provider did not verify links %s accordingly',
    async (_, emailVerified, place) => {
      const { sub, email = '' } = person();
      host.storage.users.set({ email, emailVerified });
      const client = host.client();
      expect(locationOf(await signIn(client, { sub, email, emailVerified: false }))).toBe(place);
    },
  );

  it('the email of a new account is verified accordingly', async () => {
    const { sub, email = '' } = person();
    await signIn(host.client(), { sub, email, emailVerified: false });
    expect((await host.storage.users.findByEmail(email))?.account.emailVerified === true).toBe(
      trustEmail,
    );
  });
});

describe('codes', () => {
  // T-d6k8
  it('guesses from many addresses stop at the limit of the account', async () => {
    const throttle = { accountAndAddress: 3, account: 9, address: 100, window: '15m' };
    const host = await factorHost({ adapter: 'fastify', throttle, origins: { trustProxy: true } });
    const somebody = await host.person();
    const { secret } = await host.addTotp((await host.signIn(somebody)).accessToken);
    host.clock.advance('30s');
    const from = (address: number) => ({
      headers: { 'x-forwarded-for': `203.0.113.${String(address)}` },
    });
    const login = { email: somebody.email, password: PASSWORD, transport: 'bearer' };
    // a right password gives nothing back before the second step: five of nine are used
    const tickets: unknown[] = [];
    for (const address of [1, 2, 3, 4, 5])
      tickets.push(
        (await host.client().post('/auth/login', login, from(address))).json()['ticket'],
      );
    const enter = (nth: number, code: string) =>
      host
        .client()
        .post('/auth/login/second-factor', { ticket: tickets[nth - 1], code }, from(nth));
    for (const nth of [1, 2, 3, 4]) expect((await enter(nth, '000000')).status).toBe(401);
    const full = await enter(5, host.code(secret));
    expect([full.status, full.json()['code']]).toEqual([429, 'too_many_attempts']);
    expect((await host.client().post('/auth/login', login, from(6))).status).toBe(429);
    await host.close();
  });

  // T-xmn5
  it('a recovery code alone is not a fresh proof, but the sign-in with it is', async () => {
    const host = await factorHost();
    const somebody = await host.person();
    const first = await host.signIn(somebody);
    const { id, recoveryCodes } = await host.addTotp(first.accessToken);
    const prove = (body: object) => host.post('reauthenticate', body, first.accessToken);
    const [recoveryCode = ''] = recoveryCodes;
    expect((await prove({ recoveryCode })).status).toBe(400);
    expect((await prove({ code: recoveryCode })).status).toBe(403);
    const ignored = await prove({ password: PASSWORD, recoveryCode });
    const byPassword = ignored.json<Session & object>().accessToken;
    expect(decodeJwt(byPassword)['amr']).toEqual(['pwd']);
    expect((await host.remove(`factors/${id}`, byPassword)).status).toBe(401);
    // nothing of that has spent it
    const { ticket } = await host.ticketOf(somebody);
    const entered = await host.post('login/second-factor', { ticket, recoveryCode });
    const lost = entered.json<Session & object>().accessToken;
    expect((await host.remove(`factors/${id}`, lost)).status).toBe(204);
    await host.close();
  });
});
