import type { z } from 'zod';
import type { Duration } from '../common/duration.js';
import { duration, group, hook, oneOf, text } from '../common/option-schema.js';
import type { AccountMail } from './account-mail.js';

/** Reset, verification, change of email, magic link (contract, section 8). */
export interface AccountOptions {
  /**
   * Sends a message. The answer does not wait for it. A failure becomes the event `mail.failed`; nothing is sent again.
   */
  readonly mail: (mail: AccountMail) => void | Promise<void>;
  /**
   * The URL of the page that takes a mailed token: `https://app.example.com/{kind}#token={token}`. `{kind}` is the kind
   * of the mail, `{tenant}` the user's tenant (`https://{tenant}.example.com/…`). In the fragment, the token reaches
   * neither a server's log nor a `Referer`. Default none: `mail` gets the token without a URL.
   */
  readonly url?: string;
  /**
   * `required`: nobody signs in by password before the email is verified, and registration mails the link. Default
   * `off`.
   */
  readonly verifiedEmail?: 'off' | 'required';
  /**
   * What a sign-in link or a reset does with an account whose email was never verified, because somebody else may
   * have registered it with that address. `end`: its password, sessions, factors and API keys end, unless the browser
   * that uses the link has signed in to the account before and the sessions were not ended since. Default `keep`.
   */
  readonly unprovenAccount?: 'keep' | 'end';
  /** Lifetime of a link that sets a new password. Default `30m`. */
  readonly resetTtl?: Duration;
  /** Lifetime of a sign-in link. Default `10m`. */
  readonly magicLinkTtl?: Duration;
  /** Lifetime of a link that verifies an email, or a change of email. Default `24h`. */
  readonly verificationTtl?: Duration;
}

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;
const URL_CURE =
  'an absolute https URL with {token} in it (http on loopback alone): https://app.example.com/{kind}#token={token}';

export const accountSchema = group({
  mail: hook<AccountOptions['mail']>(),
  url: text(URL_CURE).refine(isPageUrl, `must be ${URL_CURE}`).optional(),
  verifiedEmail: oneOf(['off', 'required']).prefault('off'),
  unprovenAccount: oneOf(['keep', 'end']).prefault('keep'),
  resetTtl: duration('1m', '24h').prefault('30m'),
  magicLinkTtl: duration('1m', '24h').prefault('10m'),
  verificationTtl: duration('5m', '30d').prefault('24h'),
});

export interface ResolvedAccounts {
  readonly mail: AccountOptions['mail'];
  readonly url?: string;
  readonly verifiedEmail: 'off' | 'required';
  readonly unprovenAccount: 'keep' | 'end';
  readonly resetTtlMs: number;
  readonly magicLinkTtlMs: number;
  readonly verificationTtlMs: number;
}

export function resolveAccounts(
  given: z.output<typeof accountSchema> | undefined,
): ResolvedAccounts | undefined {
  if (!given) return undefined;
  const { resetTtl, magicLinkTtl, verificationTtl, ...others } = given;
  return {
    ...others,
    resetTtlMs: resetTtl,
    magicLinkTtlMs: magicLinkTtl,
    verificationTtlMs: verificationTtl,
  };
}

/** A placeholder in the host name would leak the token to DNS and to whoever owns that host. */
function isPageUrl(given: string): boolean {
  const filled = given
    .replaceAll('{token}', 'a-token')
    .replaceAll('{kind}', 'a-kind')
    .replaceAll('{tenant}', 'a-tenant');
  if (filled === given || !given.includes('{token}') || !URL.canParse(filled)) return false;
  const { protocol, hostname, host } = new URL(filled);
  const inHost = /a-(?:token|kind)/.test(host);
  return !inHost && (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname)));
}
