import type { ResolvedAuthOptions } from './resolved-options.js';

/** A choice that is allowed but weak. The log names it once at boot; `strictConfig` refuses it. */
export interface Advice {
  readonly option: string;
  /** What the choice means and what to do instead. One line, without any value that could be a secret. */
  readonly text: string;
}

export const NO_DPOP_ORIGIN =
  'is not set: a token and a proof that were sent to another server are accepted here with the Host of that server; set the origin that clients call, for example https://api.example.com';

interface Rule extends Advice {
  readonly when: (options: ResolvedAuthOptions, production: boolean) => boolean;
}

const RULES: readonly Rule[] = [
  {
    option: 'refreshToken.reuseLeeway',
    when: ({ refreshToken }) => refreshToken.reuseLeewayMs === 0,
    text: 'is 0: a client that repeats a refresh whose answer was lost, without the Idempotency-Key of the first try, is treated as a thief. @tokenward/client sends that key. For other clients set a time longer than they wait before a retry, usually 10s',
  },
  {
    option: 'cookies.domain',
    when: ({ refreshToken, cookies }) =>
      refreshToken.reuseLeewayMs === 0 && cookies.domain !== undefined,
    text: 'is set but refreshToken.reuseLeeway is 0: two origins that share the cookie and refresh at the same time look like a thief; set refreshToken.reuseLeeway to 10s',
  },
  {
    option: 'cookies.refreshPath',
    when: ({ refreshToken, cookies }) =>
      refreshToken.reuseLeewayMs === 0 && cookies.refreshPath === '/',
    text: 'is / but refreshToken.reuseLeeway is 0: a server that renders pages and a page that refresh at the same time look like a thief; set refreshToken.reuseLeeway to 10s',
  },
  {
    option: 'refreshToken.onReuse',
    when: ({ refreshToken }) => refreshToken.onReuse === 'family',
    text: 'is family: a thief keeps the other sessions of the user; leave it at user',
  },
  {
    option: 'cookies.secure',
    when: ({ cookies }) => !cookies.secure,
    text: 'is false: tokens travel unencrypted; leave it at true wherever there is TLS',
  },
  {
    option: 'deviceBound',
    when: ({ cookies, deviceBound }) => !cookies.secure && deviceBound.mode !== 'off',
    text: 'is on but cookies.secure is false: browsers bind a session only over HTTPS; leave cookies.secure at true',
  },
  {
    option: 'boundAccessTtl',
    when: ({ deviceBound }) => deviceBound.mode !== 'off' && deviceBound.accessTtlSeconds < 240,
    text: 'is below 4m: browsers sign only about six times in nine minutes, and after that people are signed out; set it to 5m',
  },
  {
    option: 'transports.allowed',
    when: ({ deviceBound, dpop, transports }) =>
      deviceBound.mode === 'require' &&
      !dpop &&
      transports.allowed.some((each) => each !== 'cookie'),
    text: 'allows transports that deviceBound: require refuses without a proof of a key: turn dpop on, or allow only cookie',
  },
  {
    option: 'cookies.sameSite',
    when: ({ cookies }) => cookies.sameSite === 'none',
    text: 'is none: other sites may send the access cookie along; set lax unless your pages are embedded in other sites',
  },
  {
    option: 'cookies.domain',
    when: ({ cookies }) => cookies.domain !== undefined,
    text: 'is set: every subdomain receives the tokens and may overwrite them; leave it out where one host is enough',
  },
  {
    option: 'accessToken.clockTolerance',
    when: ({ accessToken }) => accessToken.clockToleranceSeconds > 60,
    text: 'is above 60s: expired tokens live that much longer; synchronise the clocks instead',
  },
  {
    option: 'throttle',
    when: ({ throttle }) => throttle === false,
    text: 'is off: passwords can be guessed without limit; this is for load tests',
  },
  {
    option: 'revocation.unproven',
    when: ({ revocation }, production) =>
      revocation.unproven === 'redis' && production && revocation.mode === 'strict',
    text: 'is redis although mode is strict: tokens are still accepted during an outage of Postgres; refuse answers 503',
  },
  {
    option: 'origins.trustedOrigins',
    when: ({ origins }, production) =>
      [...origins.trusted].some((each) => each.startsWith('http://')) && production,
    text: 'contains an http origin: anybody on its network path can act as it',
  },
  {
    option: 'dpop.origin',
    when: ({ dpop }, production) => dpop !== undefined && dpop.origin === undefined && production,
    text: NO_DPOP_ORIGIN,
  },
];

/** What an operator should know about the options (contract, section 5; RFC 9700). */
export function adviceOn(
  options: ResolvedAuthOptions,
  { production }: { readonly production: boolean },
): readonly Advice[] {
  return RULES.filter(({ when }) => when(options, production)).map(({ option, text }) => ({
    option,
    text,
  }));
}
