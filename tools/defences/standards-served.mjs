import { defence } from './defence.mjs';

const built = { built: true };

/** Of rows of the standards pages, by tests that need servers. */
export const STANDARDS_SERVED = [
  defence(
    'requirement 29',
    'a change of role refuses the earlier tokens',
    'drizzle/drizzle-session.store.ts',
    'const entries = [userEntry(subject, state.tokenVersion, nowMs), ...acting.entries];',
    'const entries = [...acting.entries];',
    'T-r9q3',
    built,
  ),
  defence(
    'requirement 35',
    'a failure of the user directory is 503',
    'issue/users/guarded-user-directory.ts',
    'throw AuthError.unavailable(`the user directory failed:',
    'throw new TypeError(`the user directory failed:',
    'T-6fmj',
  ),
  defence(
    'requirement 69',
    'all failed sign-ins have one answer, on the host’s routes as well',
    'issue/flows/host-passwords.flow.ts',
    "throw new AuthError('login_refused', reason);",
    "throw new AuthError('password_refused', reason);",
    'T-p4tt',
  ),
  defence(
    'ASVS 3.3.4',
    'the tokens of a cookie session are in no body',
    'issue/routes/response-bodies.ts',
    "grant.transport !== 'cookie' && { accessToken: grant.accessToken }",
    "grant.transport !== 'none' && { accessToken: grant.accessToken }",
    'T-bcb9',
    built,
  ),
  defence(
    'ASVS 3.4.2, 3.5.3',
    'CORS allows the trusted origins alone',
    'apps/demo/src/cors.ts',
    'origin: [...trustedOrigins],',
    'origin: trustedOrigins !== undefined,',
    'T-wsgx',
    built,
  ),
  defence(
    'ASVS 6.3.1',
    'guesses are counted by account',
    'issue/users/throttled-password-check.service.ts',
    'const admission = await this.throttle.admit(typed, client.ip);',
    'const admission = await this.throttle.admit(typed + String(Math.random()), client.ip);',
    'T-23vb',
    built,
  ),
  defence(
    'ASVS 7.2.4',
    'a reauthentication counts as a fresh proof',
    'drizzle/session-statements.ts',
    'last_used_at = clock_timestamp(), auth_time = ${instant(replacement.authTime)},',
    'last_used_at = clock_timestamp(), auth_time = s.auth_time,',
    'T-fs6m',
    built,
  ),
  defence(
    'ASVS 7.2.2, RFC 9068 2.1',
    'the header of an access token has typ at+jwt',
    'issue/tokens/sign-token.ts',
    'const header = { alg: key.algorithm, typ, kid: key.kid };',
    "const header = { alg: key.algorithm, typ: 'JWT', kid: key.kid };",
    'T-67nb',
    built,
  ),
];
