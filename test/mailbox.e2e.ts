import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Demo } from './support/demo.js';
import type { HttpClient, RequestHeaders } from './support/http.js';
import { ADAPTERS, PASSWORD } from './support/stage.js';
import { useStage } from './support/use-stage.js';
import { until } from './support/until.js';

interface Message {
  readonly at: string;
  readonly kind: string;
  readonly to: string;
  readonly token?: string;
  readonly url?: string;
}

const UNVERIFIED = { statusCode: 403, code: 'email_unverified' };
let count = 0;
const newAddress = (): string => `m${String(++count)}-${String(process.pid)}@example.com`;

/** The demo with verified emails, and with the limits of mails. */
describe('the mailbox of the demo', () => {
  const stage = useStage({
    env: { VERIFIED_EMAIL: 'required', LOGIN_THROTTLE: '10/1000/1000/15m' },
  });

  describe.each(ADAPTERS)('on %s', (adapter) => {
    let demo: Demo;
    let client: HttpClient;
    beforeAll(() => {
      demo = stage.demos[adapter];
      client = demo.client();
    });

    const mailbox = async (): Promise<readonly Message[]> => (await client.get('/mailbox')).json();
    async function mailed(to: string, kind: string, times = 1): Promise<Message> {
      const found = async () =>
        (await mailbox()).filter((each) => each.to === to && each.kind === kind);
      await until(async () => (await found()).length >= times);
      return (await found())[0] as Message;
    }
    const login = (email: string, by = demo.client(), password = PASSWORD) =>
      by.post('/auth/login', { email, password });
    async function register(): Promise<string> {
      const email = newAddress();
      expect((await client.post('/auth/register', { email, password: PASSWORD })).status).toBe(201);
      return email;
    }
    async function verified(): Promise<{ email: string; browser: HttpClient }> {
      const email = await register();
      const { token } = await mailed(email, 'email_verify');
      expect((await client.post('/auth/email/verify', { token })).status).toBe(204);
      const browser = demo.client();
      expect((await login(email, browser)).status).toBe(200);
      return { email, browser };
    }

    // T-53jf
    it('refuses a sign-in by password before the email is verified, and mails the link again', async () => {
      const email = await register();
      const first = await mailed(email, 'email_verify');
      expect(first.url).toBe(`${demo.url}/#email_verify=${first.token ?? ''}`);
      expect((await login(email, client, 'not the password')).status).toBe(401);
      const refused = await login(email);
      expect(refused.json()).toMatchObject(UNVERIFIED);
      expect(refused.setCookies).toEqual([]);
      const { token } = await mailed(email, 'email_verify', 2);
      const verify = (given: string | undefined) =>
        client.post('/auth/email/verify', { token: given });
      expect((await verify(first.token)).json()).toMatchObject({ code: 'link_refused' });
      expect((await verify(token)).status).toBe(204);
      expect((await verify(token)).json()).toMatchObject({ code: 'link_refused' });
      expect((await login(email)).status).toBe(200);
    });

    it('treats DEMO_USERS as verified; a magic link or a reset verifies an email', async () => {
      const [admin] = demo.users;
      expect((await login(admin?.email ?? '')).status).toBe(200);
      const [byLink, byReset] = [await register(), await register()];
      await client.post('/auth/magic-link', { email: byLink });
      const { token } = await mailed(byLink, 'magic_link');
      expect((await client.post('/auth/magic-link/login', { token })).status).toBe(200);
      expect((await login(byLink)).status).toBe(200);
      await client.post('/auth/password/forgot', { email: byReset });
      const reset = {
        token: (await mailed(byReset, 'password_reset')).token,
        newPassword: PASSWORD,
      };
      expect((await client.post('/auth/password/reset', reset)).status).toBe(204);
      expect((await login(byReset)).status).toBe(200);
    });

    // T-92nv
    it('changes an email by the link that the new one got, and tells the old one', async () => {
      const { email, browser } = await verified();
      const other = demo.client();
      await login(email, other);
      const next = newAddress();
      expect((await browser.post('/auth/email/change', { email: next })).status).toBe(202);
      await mailed(email, 'email_change_notice');
      await client.post('/auth/magic-link', { email });
      const before = await mailed(email, 'magic_link');
      const { token } = await mailed(next, 'email_change');
      expect((await client.post('/auth/email/verify', { token })).status).toBe(204);
      expect((await browser.get('/auth/me')).json()).toMatchObject({ email: next });
      expect((await other.get('/auth/me')).status).toBe(401);
      expect((await other.post('/auth/refresh')).status).toBe(200);
      expect(
        (await other.post('/auth/email/change', { email: newAddress() })).json(),
      ).toMatchObject({
        code: 'reauthentication_required',
      });
      const old = await client.post('/auth/magic-link/login', { token: before.token });
      expect(old.json()).toMatchObject({ code: 'link_refused' });
      expect((await login(email)).status).toBe(401);
      expect((await login(next)).status).toBe(200);
    });

    // T-bkb6
    it('does not reveal that an address is taken, but tells its owner', async () => {
      const { email, browser } = await verified();
      const taken = 'root@stage.test';
      const free = await browser.post('/auth/email/change', { email: newAddress() });
      const answer = await browser.post('/auth/email/change', { email: taken.toUpperCase() });
      expect([answer.status, answer.text]).toEqual([free.status, free.text]);
      await mailed(taken, 'email_taken_notice');
      await mailed(email, 'email_change_notice', 2);
      expect(
        (await mailbox()).some(({ to, kind }) => to === taken && kind === 'email_change'),
      ).toBe(false);
    });

    it('refuses a change whose address was taken before its link was used, and spends nothing', async () => {
      const { email, browser } = await verified();
      const next = newAddress();
      await browser.post('/auth/email/change', { email: next });
      const { token } = await mailed(next, 'email_change');
      await client.post('/auth/register', { email: next, password: PASSWORD });
      const used = await client.post('/auth/email/verify', { token });
      expect([used.status, used.json()['code']]).toEqual([400, 'link_refused']);
      expect((await login(email)).status).toBe(200);
    });

    it('needs a signed-in caller for the caller’s own email', async () => {
      for (const path of ['/auth/email/verify/send', '/auth/email/change'])
        expect((await demo.client().post(path, { email: newAddress() })).status).toBe(401);
      const { email, browser } = await verified();
      expect((await browser.post('/auth/email/verify/send')).status).toBe(202);
      await mailed(email, 'email_verify', 2);
      const same = await browser.post('/auth/email/change', { email });
      expect([same.status, same.json()['code']]).toEqual([400, 'invalid_input']);
    });

    it('answers only on loopback, for a loopback name and without a proxy', async () => {
      const answer = await client.get('/mailbox');
      expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store']);
      const others: readonly RequestHeaders[] = [
        { host: 'evil.example' },
        { host: `localhost.evil.example:${String(demo.port)}` },
        { 'x-forwarded-for': '127.0.0.1' },
        { forwarded: 'for=127.0.0.1' },
        { 'x-forwarded-host': 'localhost' },
        { 'x-real-ip': '127.0.0.1' },
      ];
      for (const headers of others)
        expect((await client.get('/mailbox', { headers })).status).toBe(403);
      for (const host of [`localhost:${String(demo.port)}`, '[::1]', '127.0.0.2'])
        expect((await client.get('/mailbox', { headers: { host } })).status).toBe(200);
    });
  });

  // T-szdc
  it('mails five of a kind to an account and still answers 202; after twenty an address gets 429', async () => {
    const client = stage.demos.express.client();
    const [known, unknown] = ['root@stage.test', 'nobody@stage.test'];
    const answers: string[] = [];
    for (let n = 0; n < 7; n++)
      for (const email of [known, unknown])
        answers.push(String((await client.post('/auth/password/forgot', { email })).status));
    // of the twenty of this address some went to the tests above
    const left = answers.indexOf('429');
    expect(
      answers.slice(0, left === -1 ? undefined : left).every((status) => status === '202'),
    ).toBe(true);
    expect(answers.lastIndexOf('202')).toBeGreaterThan(10);
    const mails = async () =>
      (await client.get('/mailbox'))
        .json<Message[]>()
        .filter(({ to, kind }) => to === known && kind === 'password_reset');
    await until(async () => (await mails()).length >= 5);
    expect(await mails()).toHaveLength(5);
    let last = await client.post('/auth/password/forgot', { email: unknown });
    for (let n = 0; n < 20 && last.status === 202; n++)
      last = await client.post('/auth/password/forgot', { email: unknown });
    expect([last.status, last.json()['code']]).toEqual([429, 'too_many_attempts']);
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
  });
});
