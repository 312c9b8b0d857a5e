import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuthModuleOptions } from '@tokenward/nestjs';
import type { AccountMail } from '@tokenward/nestjs/options';
import { passkeys } from '@tokenward/nestjs/passkeys';
import { totp } from '@tokenward/nestjs/totp';
import { type AccountHosts, accountHosts } from './support/account-host.js';
import { SoftwarePasskey } from './support/authenticator.js';
import { factorHost, ORIGIN, sealingKey } from './support/factor-host.js';
import type { HttpClient } from './support/http.js';
import { until } from './support/until.js';

describe('an account that somebody else registered with the address', () => {
  const SOMEBODY = 'what somebody else chose';
  const OWN = 'what its owner chose then';
  let keyed: AccountHosts;
  beforeAll(async () => {
    keyed = await accountHosts(
      { unprovenAccount: 'end' },
      {
        apiKeys: {},
        transports: { allowed: ['cookie', 'bearer'] },
        factors: {
          methods: [
            passkeys({ rpName: 'Example', rpId: 'app.example.com', origins: [ORIGIN] }),
            totp({ issuer: 'Example' }),
          ],
          encryptionKeys: [sealingKey('k1')],
        },
      },
    );
  });
  afterAll(() => keyed?.close());

  async function registered(email: string) {
    const browser = keyed.host.client();
    const answer = await browser.post('/auth/register', { email, password: SOMEBODY });
    expect(answer.status).toBe(201);
    expect((await browser.post('/auth/login', { email, password: SOMEBODY })).status).toBe(200);
    const key = await browser.post('/auth/api-keys', { name: 'robot' });
    await browser.post('/auth/magic-link', { email });
    const [mail] = await keyed.mailsTo(email, 'magic_link');
    return { browser, key: key.json<{ key: string }>().key, token: mail?.token };
  }
  async function registerPasskey(by: HttpClient) {
    const passkey = new SoftwarePasskey(ORIGIN);
    const { ticket, options } = await ceremony(by, 'register/options');
    const kept = await by.post('/auth/passkeys/register', {
      ticket,
      response: passkey.create(options),
    });
    expect([kept.status, await withPasskey(passkey)]).toEqual([201, 200]);
    return passkey;
  }
  async function reset(by: HttpClient, email: string) {
    await by.post('/auth/password/forgot', { email });
    const [mail] = await keyed.mailsTo(email, 'password_reset');
    return (await by.post('/auth/password/reset', { token: mail?.token, newPassword: OWN })).status;
  }
  const ceremony = async (by: HttpClient, path: string) =>
    (await by.post(`/auth/passkeys/${path}`, {})).json<{ ticket: string; options: object }>();
  const withPasskey = async (passkey: SoftwarePasskey) => {
    const by = keyed.host.client();
    const { ticket, options } = await ceremony(by, 'login/options');
    return (await by.post('/auth/passkeys/login', { ticket, response: passkey.get(options) }))
      .status;
  };
  const statusOf = async (key: string) =>
    (await keyed.host.client().get('/auth/me', { headers: { authorization: `Bearer ${key}` } }))
      .status;
  const signIn = async (email: string) =>
    (await keyed.host.client().post('/auth/login', { email, password: SOMEBODY })).status;

  // T-rpvj
  it('belongs to its owner alone once a mailed link was used', async () => {
    const email = 'owner@example.com';
    const { browser, key, token } = await registered(email);
    const passkey = await registerPasskey(browser);
    expect([await statusOf(key), await signIn(email)]).toEqual([200, 200]);
    const owner = keyed.host.client();
    expect((await owner.post('/auth/magic-link/login', { token })).status).toBe(200);
    expect((await owner.get('/auth/me')).json()).toMatchObject({ email, amr: ['mail'] });
    expect((await browser.get('/auth/me')).status).toBe(401);
    expect((await browser.post('/auth/refresh')).status).toBe(401);
    expect([await statusOf(key), await signIn(email), await withPasskey(passkey)]).toEqual([
      401, 401, 401,
    ]);
    expect((await owner.post('/auth/refresh')).status).toBe(200);
  });

  it('belongs to its owner alone once its password was reset by mail', async () => {
    const email = 'reset@example.com';
    const { browser, key } = await registered(email);
    const passkey = await registerPasskey(browser);
    expect(await reset(keyed.host.client(), email)).toBe(204);
    expect([await statusOf(key), await signIn(email), await withPasskey(passkey)]).toEqual([
      401, 401, 401,
    ]);
    expect((await browser.post('/auth/refresh')).status).toBe(401);
    const owner = keyed.host.client();
    expect((await owner.post('/auth/login', { email, password: OWN })).json()).not.toHaveProperty(
      'next',
    );
    await until(() => keyed.events.some(({ type }) => type === 'password.changed'));
  });

  it.each([
    [
      'a link of the mailbox',
      (_email: string, token = '') =>
        keyed.host
          .client()
          .post('/auth/magic-link/login', { token })
          .then(({ status }) => status),
    ],
    ['a reset', (email: string) => reset(keyed.host.client(), email)],
  ])(
    'tells of each factor and API key that %s takes from whoever registered it',
    async (how, claim) => {
      const email = `told-${how.length}@example.com`;
      const { browser, token } = await registered(email);
      const keyId = (await browser.get('/auth/api-keys')).json<{ id: string }[]>()[0]?.id;
      await registerPasskey(browser);
      await browser.post('/auth/factors/totp', {});
      const userId = (await browser.get('/auth/me')).json<{ id: string }>().id;
      const told = () =>
        keyed.events.flatMap((event) => {
          if (event.type === 'factor.changed' && event.userId === userId)
            return [[event.type, event.change]];
          if (event.type === 'api_key.deleted' && event.userId === userId)
            return [[event.type, event.keyId]];
          return [];
        });
      expect(told()).toEqual([['factor.changed', 'passkey_added']]);
      expect([200, 204]).toContain(await claim(email, token));
      const removed = [
        ['factor.changed', 'removed'],
        ['api_key.deleted', keyId],
      ];
      expect(told().slice(1)).toEqual(removed);
      const audited = await keyed.database.pool.query(
        "select type, coalesce(detail->>'change', detail->>'keyId') as what from auth_audit where subject = $1 and type in ('factor.changed', 'api_key.deleted') order by id offset 1",
        [userId],
      );
      expect(audited.rows.map(({ type, what }) => [type, what])).toEqual(removed);
      await keyed.mailsTo(email, 'factor_changed', 2);
    },
  );

  it('loses only its sessions by a reset in the browser that registered it', async () => {
    const email = 'forgetful@example.com';
    const { browser, key } = await registered(email);
    const passkey = await registerPasskey(browser);
    expect(await reset(browser, email)).toBe(204);
    expect([await statusOf(key), await withPasskey(passkey)]).toEqual([200, 200]);
  });

  it('stays with the user who registered it in the browser that uses the link', async () => {
    const email = 'honest@example.com';
    const { browser, key, token } = await registered(email);
    expect((await browser.post('/auth/magic-link/login', { token })).status).toBe(200);
    expect([await statusOf(key), await signIn(email)]).toEqual([200, 200]);
  });

  it('loses nothing by a later link, in any browser', async () => {
    const email = 'later@example.com';
    const { browser, key, token } = await registered(email);
    await browser.post('/auth/magic-link/login', { token });
    await browser.post('/auth/magic-link', { email });
    const [, mail] = await keyed.mailsTo(email, 'magic_link', 2);
    const phone = keyed.host.client();
    expect((await phone.post('/auth/magic-link/login', { token: mail?.token })).status).toBe(200);
    expect([await statusOf(key), await signIn(email)]).toEqual([200, 200]);
  });
});

describe('a sign-in link of an unproven account', () => {
  const away = (): never => {
    throw new Error('away');
  };

  // T-m5hk
  it.each<[string, number, (isTrouble: () => boolean) => Partial<AuthModuleOptions>]>([
    [
      'the host asks for a second factor',
      403,
      (isTrouble) => ({ secondFactor: () => (isTrouble() ? 'needed' : 'not_needed') }),
    ],
    [
      'the claims hook of sessions fails',
      503,
      (isTrouble) => ({ sessions: { claims: () => (isTrouble() ? away() : {}) } }),
    ],
    [
      'the limits of sessions cannot be had',
      503,
      (isTrouble) => ({ sessions: { limits: () => (isTrouble() ? away() : {}) } }),
    ],
    [
      'the claims hook of tokens fails',
      503,
      (isTrouble) => ({ accessToken: { claims: () => (isTrouble() ? away() : {}) } }),
    ],
  ])('is not spent, and ends nothing, when %s', async (_, status, hooks) => {
    let isTrouble = false;
    const sent: AccountMail[] = [];
    const host = await factorHost({
      accounts: { unprovenAccount: 'end', mail: (mail) => void sent.push(mail) },
      ...hooks(() => isTrouble),
    });
    const person = await host.person();
    await host.signIn(person);
    await host.post('magic-link', { email: person.email });
    await until(() => sent.length > 0);
    const [mail] = sent;
    const follow = async () =>
      (await host.post('magic-link/login', { token: mail && 'token' in mail && mail.token }))
        .status;
    isTrouble = true;
    expect([await follow(), (await host.auth.sessions(person.id)).length]).toEqual([status, 1]);
    isTrouble = false;
    expect([await follow(), (await host.auth.sessions(person.id)).length]).toEqual([200, 1]);
    expect(await follow()).toBe(400);
    await host.close();
  });
});
