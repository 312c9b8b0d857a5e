import { expect } from '@jest/globals';
import type { AccountHosts, Member } from './account-host.js';

/** Where a link of each kind is asked for. */
export const ASK = {
  password_reset: '/auth/password/forgot',
  magic_link: '/auth/magic-link',
} as const;
export type MailedLink = keyof typeof ASK;

export const LINK_REFUSED = {
  statusCode: 400,
  error: 'Bad Request',
  message: 'Link refused',
  code: 'link_refused',
};

/** The token of the last of that many mails to the member. */
export async function mailedToken(
  hosts: AccountHosts,
  { mail: email }: Member,
  kind: MailedLink,
  times = 1,
): Promise<string> {
  expect((await hosts.host.client().post(ASK[kind], { email })).status).toBe(202);
  return (await hosts.mailsTo(email, kind, times)).at(-1)?.token ?? '';
}
