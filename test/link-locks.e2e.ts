import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type AccountHosts, accountHosts, type Member } from './support/account-host.js';
import type { HttpAnswer } from './support/http.js';
import { mailedToken } from './support/mailed-links.js';
import { until } from './support/until.js';

const NEXT = 'another river at dusk';
let it_: AccountHosts;
beforeAll(async () => {
  it_ = await accountHosts({ unprovenAccount: 'end' });
});
afterAll(() => it_.close());

type Use = (member: Member) => Promise<() => Promise<HttpAnswer>>;
const reset: Use = async (member) => {
  const token = await mailedToken(it_, member, 'password_reset');
  return () => it_.host.client().post('/auth/password/reset', { token, newPassword: NEXT });
};
const magicLink: Use = async (member) => {
  const token = await mailedToken(it_, member, 'magic_link');
  return () => it_.host.client().post('/auth/magic-link/login', { token });
};
const emailChange: Use = async (member) => {
  const email = `new-${member.mail}`;
  const session = await it_.signIn(member);
  expect((await session.post('/auth/email/change', { email })).status).toBe(202);
  const [mail] = await it_.mailsTo(email, 'email_change');
  return () => it_.host.client().post('/auth/email/verify', { token: mail?.token });
};

// T-lk5w
it.each<[string, 'verified' | 'unproven', Use, number]>([
  ['a reset', 'verified', reset, 204],
  ['a reset that claims the account', 'unproven', reset, 204],
  ['a link that signs in and claims the account', 'unproven', magicLink, 200],
  ['a change of the email', 'verified', emailChange, 204],
])(
  '%s waits for a change of the user with neither the sessions nor the link locked: that change may end them next',
  async (_, account, prepare, status) => {
    const member = await it_.member({ verifiedAt: account === 'verified' ? new Date() : null });
    const use = await prepare(member);
    const host = await it_.database.pool.connect();
    const free = async (table: string) => {
      const sql = `select from ${table} where subject = $1 for update skip locked`;
      return (await host.query(sql, [member.id])).rowCount;
    };
    await host.query('begin');
    await host.query('update people set kind = kind where person_ref = $1', [member.id]);
    const answer = use();
    const isWaiting = async () => {
      const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      return (await it_.database.pool.query(waiting)).rowCount === 1;
    };
    const locked = await until(isWaiting)
      .then(async () => [await free('auth_one_time_tokens'), await free('auth_subjects')])
      .finally(() => host.query('commit').then(() => host.release()));
    expect((await answer).status).toBe(status);
    expect(locked).toEqual([1, 1]);
  },
);
