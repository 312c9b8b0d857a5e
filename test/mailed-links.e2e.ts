import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthService } from '@tokenward/nestjs';
import { eq } from 'drizzle-orm';
import {
  type AccountHosts,
  accountHosts,
  type Member,
  members,
  PASSWORD,
} from './support/account-host.js';
import type { HttpAnswer, HttpClient } from './support/http.js';
import {
  ASK,
  LINK_REFUSED as REFUSED,
  type MailedLink,
  mailedToken,
} from './support/mailed-links.js';

const NEXT = 'another river at dusk';
const USES = {
  password_reset: (token: string, by: HttpClient) =>
    by.post('/auth/password/reset', { token, newPassword: NEXT }),
  magic_link: (token: string, by: HttpClient) => by.post('/auth/magic-link/login', { token }),
} as const;

let it_: AccountHosts;
let client: HttpClient;
beforeAll(async () => {
  it_ = await accountHosts({}, {}, 2);
  client = it_.host.client();
});
afterAll(() => it_.close());
const auth = () => it_.host.app.get(AuthService, { strict: false });

describe.each(Object.keys(ASK) as MailedLink[])('a link of kind %s', (kind) => {
  const use = (token: string, by = client) => USES[kind](token, by);
  const other = kind === 'magic_link' ? 'password_reset' : 'magic_link';

  // T-rwh4
  it('works for exactly one of twenty uses on two processes', async () => {
    const token = await mailedToken(it_, await it_.member(), kind);
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
    ['a token of another kind', (_, member) => mailedToken(it_, member, other)],
    [
      'an old token after a newer one',
      (_, member) => mailedToken(it_, member, kind, 2).then(() => undefined),
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
    ['text that is not a token', () => 'A'.repeat(10_000)],
    ['another token', () => Buffer.alloc(32, 9).toString('base64url')],
  ])('%s is refused with the same bytes as any other refusal', async (_, forge) => {
    const member = await it_.member();
    const token = await mailedToken(it_, member, kind);
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
    const token = await mailedToken(it_, member, kind);
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
    expect(it_.sent.filter(({ to }) => to === disabled || to === 'nobody@example.com')).toEqual([]);
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
    expect(sent?.url).toMatch(new RegExp(`^https://app\\.example\\.com/${kind}#token=[\\w-]{43}$`));
  });
});
