import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { AuthService } from '@tokenward/nestjs';
import { totp } from '@tokenward/nestjs/totp';
import { TOTP } from 'otpauth';
import {
  type AccountHosts,
  accountHosts,
  type Member,
  members,
  PASSWORD,
} from './support/account-host.js';
import { sealingKey } from './support/factor-host.js';
import type { HttpAnswer, HttpClient } from './support/http.js';
import { LINK_REFUSED as REFUSED, type MailedLink, mailedToken } from './support/mailed-links.js';

const NEXT = 'another river at dusk';

/** Reset, verification, change of email and magic link, on two processes that share a database. */
describe('account routes', () => {
  let it_: AccountHosts;
  let client: HttpClient;
  /** While a session opens. */
  let meanwhile: () => Promise<unknown> = () => Promise.resolve();

  beforeAll(async () => {
    const factors = { methods: [totp({ issuer: 'Example' })], encryptionKeys: [sealingKey('k1')] };
    const claims = () => meanwhile().then(() => ({}));
    it_ = await accountHosts({}, { factors, sessions: { claims } }, 2);
    client = it_.host.client();
  });
  afterAll(() => it_.close());

  const auth = () => it_.host.app.get(AuthService, { strict: false });
  const rowOf = async ({ id }: Member) =>
    (await it_.database.db.select().from(members).where(eq(members.ref, id)))[0];

  const tokenFor = (member: Member, kind: MailedLink) => mailedToken(it_, member, kind);
  const reset = (token: string, newPassword = NEXT) =>
    client.post('/auth/password/reset', { token, newPassword });
  const enter = (token: string, by = it_.host.client(), more = {}) =>
    by.post('/auth/magic-link/login', { token, ...more });

  describe('reset', () => {
    // T-dnws
    it('sets the password, ends every session and token, and verifies the email', async () => {
      const member = await it_.member();
      const before = await it_.signIn(member);
      const token = await tokenFor(member, 'password_reset');
      const [mail] = await it_.mailsTo(member.mail, 'password_reset');
      expect(mail).toMatchObject({
        userId: member.id,
        url: `https://app.example.com/password_reset#token=${token}`,
      });
      const inMinutes = (Date.parse(mail?.expiresAt ?? '') - Date.now()) / 60_000;
      expect(inMinutes).toBeGreaterThan(29);
      expect(inMinutes).toBeLessThanOrEqual(30);

      const answer = await reset(token);
      expect([answer.status, answer.text, answer.setCookies]).toEqual([204, '', []]);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect((await before.get('/auth/me')).status).toBe(401);
      expect((await before.post('/auth/refresh')).status).toBe(401);
      expect(
        (await client.post('/auth/login', { email: member.mail, password: PASSWORD })).status,
      ).toBe(401);
      await it_.signIn(member, NEXT);
      expect((await rowOf(member))?.verifiedAt).toBeInstanceOf(Date);
      await it_.mailsTo(member.mail, 'password_changed');
    });

    // T-x7vg
    it('is not spent by a GET or by a refused new password', async () => {
      const member = await it_.member();
      const token = await tokenFor(member, 'password_reset');
      for (const path of ['/auth/password/reset', '/auth/magic-link/login', '/auth/email/verify'])
        expect((await client.get(`${path}?token=${token}`)).status).toBe(404);
      const weak = await reset(token, 'password1');
      expect(weak.status).toBe(400);
      expect(weak.json()).toMatchObject({ code: 'invalid_input' });
      expect(weak.text).toContain('newPassword');
      expect((await reset(token)).status).toBe(204);
    });

    it('gives a password to a user who has none', async () => {
      const member = await it_.member({ secret: null });
      expect((await reset(await tokenFor(member, 'password_reset'))).status).toBe(204);
      await it_.signIn(member, NEXT);
    });
  });

  describe('change of email', () => {
    it('gives an address to somebody who had none', async () => {
      const { pool } = it_.database;
      await pool.query('alter table people alter mail drop not null');
      const member = await it_.member();
      const session = await it_.signIn(member);
      await pool.query('update people set mail = null where mail = $1', [member.mail]);
      const email = `first-of-${member.mail}`;
      expect((await session.post('/auth/email/change', { email })).status).toBe(202);
      const [mail] = await it_.mailsTo(email, 'email_change');
      expect((await client.post('/auth/email/verify', { token: mail?.token })).status).toBe(204);
      expect((await rowOf(member))?.mail).toBe(email);
    });

    // T-x6g6
    it.each<[string, (owner: HttpClient, thief: string) => Promise<HttpAnswer>]>([
      ['a sign-out everywhere', (owner) => owner.post('/auth/logout-all')],
      [
        'its end in the list of sessions',
        (owner, thief) => owner.delete(`/auth/sessions/${thief}`),
      ],
    ])('is refused if the session that asked for the link has ended: %s', async (_, end) => {
      const member = await it_.member();
      const [owner, thief] = [await it_.signIn(member), await it_.signIn(member)];
      const { sessionId } = (await thief.get('/auth/me')).json<{ sessionId: string }>();
      const email = `thief-of-${member.mail}`;
      expect((await thief.post('/auth/email/change', { email })).status).toBe(202);
      const [mail] = await it_.mailsTo(email, 'email_change');
      expect((await end(owner, sessionId)).status).toBe(204);
      const used = await client.post('/auth/email/verify', { token: mail?.token });
      expect([used.status, used.json()]).toEqual([400, REFUSED]);
      expect((await rowOf(member))?.mail).toBe(member.mail);
    });
  });

  describe('magic link', () => {
    it('signs in with amr mail and a new session, and verifies the email', async () => {
      const member = await it_.member();
      const browser = it_.host.client();
      const answer = await enter(await tokenFor(member, 'magic_link'), browser, {
        rememberMe: true,
      });
      expect(answer.status).toBe(200);
      expect(answer.json()).toMatchObject({
        user: { id: member.id, email: member.mail },
        tokenType: 'Bearer',
      });
      expect((await browser.get('/auth/me')).json()).toMatchObject({
        id: member.id,
        amr: ['mail'],
      });
      expect((await browser.get('/auth/sessions')).json()).toMatchObject([{ persistent: true }]);
      expect((await rowOf(member))?.verifiedAt).toBeInstanceOf(Date);
    });

    it('is not spent by an unknown transport', async () => {
      const token = await tokenFor(await it_.member(), 'magic_link');
      expect((await enter(token, client, { transport: 'pigeon' })).status).toBe(400);
      expect((await enter(token)).status).toBe(200);
    });

    // T-7rgm
    it.each([
      ['an outage before its session opens', () => Promise.reject(new Error('away')), 503],
      [
        'a change of role while its session opens',
        ({ id }: Member) => auth().changeUser(id, 'authorization'),
        400,
      ],
    ])('is not spent by %s', async (_, change, status) => {
      const member = await it_.member();
      const token = await tokenFor(member, 'magic_link');
      meanwhile = () => change(member);
      const refused = await enter(token);
      meanwhile = () => Promise.resolve();
      expect(refused.status).toBe(status);
      expect((await enter(token)).status).toBe(200);
      expect((await enter(token)).json()).toEqual(REFUSED);
    });

    // T-p6tw
    it('prevents session fixation: the browser’s earlier session is not continued', async () => {
      const [attacker, victim] = [await it_.member(), await it_.member()];
      const browser = await it_.signIn(attacker);
      const before = browser.copy();
      const answer = await enter(await tokenFor(victim, 'magic_link'), browser);
      expect(answer.status).toBe(200);
      const { id } = (await browser.get('/auth/me')).json();
      const { id: other, sessionId } = (await before.get('/auth/me')).json();
      expect([id, other]).toEqual([victim.id, attacker.id]);
      expect((await browser.get('/auth/me')).json()['sessionId']).not.toBe(sessionId);
    });
  });

  describe('a second step', () => {
    // T-258j
    it.each(['a code', 'a recovery code'] as const)(
      'by %s works for exactly one of twenty uses of a ticket on two processes, and for no other ticket',
      async (kind) => {
        const member = await it_.member();
        const owner = await it_.signIn(member);
        const app = (await owner.post('/auth/factors/totp')).json<
          Record<'id' | 'secret', string>
        >();
        const codeOf = (steps: number) =>
          new TOTP({ secret: app.secret }).generate({ timestamp: Date.now() + steps * 30_000 });
        // the step before: the one that is used is another
        const confirmed = await owner.post('/auth/factors/totp/confirm', {
          id: app.id,
          code: codeOf(-1),
        });
        const [recoveryCode] = confirmed.json<{ recoveryCodes: string[] }>().recoveryCodes;
        const answer = kind === 'a code' ? { code: codeOf(1) } : { recoveryCode };
        const ticket = async () => {
          const login = { email: member.mail, password: PASSWORD };
          return (await client.post('/auth/login', login)).json()['ticket'];
        };
        const [first, second] = [await ticket(), await ticket()];
        const enter = (given: unknown, n: number) =>
          it_.hosts[n % 2]
            ?.client()
            .post('/auth/login/second-factor', { ticket: given, ...answer });
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, n) => enter(n % 4 < 2 ? first : second, n)),
        );
        const won = answers.filter((each) => each?.status === 200);
        // a machine that is busy elsewhere may have to say so
        const isBusy = answers.some((each) => each?.status === 503);
        expect(won).toHaveLength(isBusy ? Math.min(won.length, 1) : 1);
        const refused = answers.filter((each) => each?.status === 401);
        expect(refused.length).toBeGreaterThan(9);
        for (const each of refused) expect(each?.json()['code']).toBe('second_factor_refused');
      },
    );
  });
});
