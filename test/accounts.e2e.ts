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

const NEXT = 'another river at dusk';
const REFUSED = {
  statusCode: 400,
  error: 'Bad Request',
  message: 'Link refused',
  code: 'link_refused',
};

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

  const ASK = {
    password_reset: '/auth/password/forgot',
    magic_link: '/auth/magic-link',
  } as const;
  async function tokenFor(member: Member, kind: keyof typeof ASK, times = 1): Promise<string> {
    expect((await client.post(ASK[kind], { email: member.mail })).status).toBe(202);
    return (await it_.mailsTo(member.mail, kind, times)).at(-1)?.token ?? '';
  }
  const reset = (token: string, newPassword = NEXT, by = client) =>
    by.post('/auth/password/reset', { token, newPassword });
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

  const USES = {
    password_reset: (token: string, by: HttpClient) => reset(token, NEXT, by),
    magic_link: (token: string, by: HttpClient) => enter(token, by),
  } as const;

  describe.each(Object.keys(ASK) as (keyof typeof ASK)[])('a link of kind %s', (kind) => {
    const use = (token: string, by = client) => USES[kind](token, by);
    const other = kind === 'magic_link' ? 'password_reset' : 'magic_link';

    // T-rwh4
    it('works for exactly one of twenty uses on two processes', async () => {
      const token = await tokenFor(await it_.member(), kind);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => use(token, it_.hosts[n % 2]?.client())),
      );
      const [won, lost, busy] = [[200, 204], [400], [503]].map((some) =>
        answers.filter(({ status }) => some.includes(status)),
      ) as [HttpAnswer[], HttpAnswer[], HttpAnswer[]];
      expect(won.length).toBeLessThanOrEqual(1);
      // a machine that is busy elsewhere may have to say so
      expect(won.length + lost.length + busy.length).toBe(20);
      expect(lost.length).toBeGreaterThan(9);
      for (const { text } of lost) expect(JSON.parse(text)).toEqual(REFUSED);
    });

    // T-mzxb
    it.each<[string, (token: string, member: Member) => unknown]>([
      ['a token that was used', (token) => use(token)],
      ['a token of another kind', (_, member) => tokenFor(member, other)],
      [
        'an old token after a newer one',
        (_, member) => tokenFor(member, kind, 2).then(() => undefined),
      ],
      [
        'a token after a password change',
        async (_, member) => {
          const owner = await it_.signIn(member);
          const change = { currentPassword: PASSWORD, newPassword: 'yet another river' };
          expect((await owner.post('/auth/password', change)).status).toBe(200);
        },
      ],
      [
        'a token whose user got another email from the host',
        ({}, { id }) =>
          it_.database.db
            .update(members)
            .set({ mail: `new-${id}@example.com` })
            .where(eq(members.ref, id)),
      ],
      ['a token whose user was disabled', (_, { id }) => auth().changeUser(id, 'disabled')],
      [
        'a token whose user was disabled without a word',
        (_, { id }) =>
          it_.database.db.update(members).set({ locked: true }).where(eq(members.ref, id)),
      ],
      [
        'a token whose user is gone',
        (_, { id }) => it_.database.db.delete(members).where(eq(members.ref, id)),
      ],
      [
        'a token that expired a second ago',
        () =>
          it_.database.pool.query(
            `update auth_one_time_tokens set expires_at = now() - interval '1s'`,
          ),
      ],
      ['nothing', () => ''],
      ['text that is no token', () => 'A'.repeat(10_000)],
      ['another token', () => Buffer.alloc(32, 9).toString('base64url')],
    ])('%s is refused with the same bytes as any other refusal', async (_, forge) => {
      const member = await it_.member();
      const token = await tokenFor(member, kind);
      const forged = await forge(token, member);
      const answer = await use(typeof forged === 'string' ? forged : token, it_.host.client());
      expect([answer.status, answer.json(), answer.setCookies]).toEqual([400, REFUSED, []]);
    });

    // T-cv67
    it.each([
      ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
      ['a sandboxed frame', { origin: 'null' }],
    ])('cannot be requested or used by %s', async (_, headers) => {
      const member = await it_.member();
      const token = await tokenFor(member, kind);
      const path = kind === 'magic_link' ? '/auth/magic-link/login' : '/auth/password/reset';
      for (const [to, body] of [
        [ASK[kind], { email: member.mail }],
        [path, { token, newPassword: NEXT }],
      ] as const) {
        const answer = await client.post(to, body, { headers });
        expect([answer.status, answer.json()['code']]).toEqual([403, 'cross_origin']);
      }
      expect((await use(token)).status).toBeLessThan(300);
    });

    // T-hdfw
    it('gets the same answer whether the account exists or not', async () => {
      const { mail } = await it_.member();
      const { mail: disabled } = await it_.member({ locked: true });
      const shape = ({ status, text, headers }: HttpAnswer) => {
        const { date, ...rest } = headers;
        expect(date).toBeDefined();
        return { status, text, rest };
      };
      const ask = (email: string) => client.post(ASK[kind], { email });
      const known = shape(await ask(mail.toUpperCase()));
      expect(known).toMatchObject({ status: 202, text: '' });
      expect(shape(await ask('nobody@example.com'))).toEqual(known);
      expect(shape(await ask(disabled))).toEqual(known);
      await it_.mailsTo(mail, kind);
      expect(it_.sent.filter(({ to }) => to === disabled || to === 'nobody@example.com')).toEqual(
        [],
      );
    });

    // T-bsnb
    it('has a URL from configuration, whatever Host the request names', async () => {
      const { mail } = await it_.member();
      const headers = {
        host: 'evil.example',
        'x-forwarded-host': 'evil.example',
        forwarded: 'host=evil.example',
      };
      expect((await client.post(ASK[kind], { email: mail }, { headers })).status).toBe(202);
      const [sent] = await it_.mailsTo(mail, kind);
      expect(sent?.url).toMatch(
        new RegExp(`^https://app\\.example\\.com/${kind}#token=[\\w-]{43}$`),
      );
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
