import type { ResolvedAuthOptions } from './resolved-options.js';

/** A choice that is allowed but weak. The log names it once at boot; `strictConfig` refuses it. */
export interface Advice {
  readonly option: string;
  /** What the choice means and what to do instead. One line, without any value that could be a secret. */
  readonly text: string;
}

export const NO_DPOP_ORIGIN =
  'is not set: a token and a proof that were sent to another server are accepted here with the Host of that server; set the origin that clients call, for example https://api.example.com';

/** What an operator should know about the options (contract, section 5; RFC 9700). */
export function adviceOn(
  options: ResolvedAuthOptions,
  environment: { readonly production: boolean },
): readonly Advice[] {
  const {
    refreshToken,
    cookies,
    accessToken,
    revocation,
    throttle,
    origins,
    deviceBound,
    dpop,
    transports,
  } = options;
  const advice: Advice[] = [];
  const say = (when: boolean, option: string, text: string): void => {
    if (when) advice.push({ option, text });
  };
  say(
    refreshToken.reuseLeewayMs === 0,
    'refreshToken.reuseLeeway',
    'is 0: a client that repeats a refresh whose answer was lost, without the Idempotency-Key of the first try, is treated as a thief. @tokenward/client sends that key. For other clients set a time longer than they wait before a retry, usually 10s',
  );
  say(
    refreshToken.reuseLeewayMs === 0 && cookies.domain !== undefined,
    'cookies.domain',
    'is set but refreshToken.reuseLeeway is 0: two origins that share the cookie and refresh at the same time look like a thief; set refreshToken.reuseLeeway to 10s',
  );
  say(
    refreshToken.onReuse === 'family',
    'refreshToken.onReuse',
    'is family: a thief keeps the other sessions of the user; leave it at user',
  );
  say(
    !cookies.secure,
    'cookies.secure',
    'is false: tokens travel unencrypted; leave it at true wherever there is TLS',
  );
  say(
    !cookies.secure && deviceBound.mode !== 'off',
    'deviceBound',
    'is on but cookies.secure is false: browsers bind a session only over HTTPS; leave cookies.secure at true',
  );
  say(
    deviceBound.mode !== 'off' && deviceBound.accessTtlSeconds < 240,
    'boundAccessTtl',
    'is below 4m: browsers sign only about six times in nine minutes, and after that people are signed out; set it to 5m',
  );
  say(
    deviceBound.mode === 'require' && !dpop && transports.allowed.some((each) => each !== 'cookie'),
    'transports.allowed',
    'allows transports that deviceBound: require refuses without a proof of a key: turn dpop on, or allow only cookie',
  );
  say(
    cookies.sameSite === 'none',
    'cookies.sameSite',
    'is none: other sites may send the access cookie along; set lax unless your pages are embedded in other sites',
  );
  say(
    cookies.domain !== undefined,
    'cookies.domain',
    'is set: every subdomain receives the tokens and may overwrite them; leave it out where one host is enough',
  );
  say(
    accessToken.clockToleranceSeconds > 60,
    'accessToken.clockTolerance',
    'is above 60s: expired tokens live that much longer; synchronise the clocks instead',
  );
  say(
    throttle === false,
    'throttle',
    'is off: passwords can be guessed without limit; this is for load tests',
  );
  say(
    revocation.unproven === 'redis' && environment.production && revocation.mode === 'strict',
    'revocation.unproven',
    'is redis although mode is strict: tokens are still accepted during an outage of Postgres; refuse answers 503',
  );
  say(
    [...origins.trusted].some((each) => each.startsWith('http://')) && environment.production,
    'origins.trustedOrigins',
    'holds an http origin: whoever is on its network path can act as it',
  );
  say(
    dpop !== undefined && dpop.origin === undefined && environment.production,
    'dpop.origin',
    NO_DPOP_ORIGIN,
  );
  return advice;
}
