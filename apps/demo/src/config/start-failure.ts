import { AuthError } from '@tokenward/nestjs';
import type { Environment } from './environment.js';
import { StartError, errorCode } from '../../../../tools/embedded-postgres/start-error.js';

/** Which variable sets an option of the module. */
const VARIABLES: readonly (readonly [option: string, variable: string])[] = [
  ['keys.algorithm', 'JWT_ALGORITHM'],
  ['keys.privateKey', 'JWT_PRIVATE_KEY'],
  ['keys.publicKey', 'JWT_PUBLIC_KEY'],
  ['keys.secret', 'JWT_SECRET'],
  ['keys.keyId', 'JWT_KEY_ID'],
  ['keys.verificationKeys', 'JWT_VERIFICATION_KEYS'],
  ['issuer', 'JWT_ISSUER'],
  ['audience', 'JWT_AUDIENCE'],
  ['accessToken.ttl', 'ACCESS_TOKEN_TTL'],
  ['refreshToken.ttl', 'REFRESH_TOKEN_TTL'],
  ['refreshToken.rememberMeTtl', 'REMEMBER_ME_TTL'],
  ['refreshToken.reuseLeeway', 'REUSE_LEEWAY'],
  ['refreshToken.retryWindow', 'RETRY_WINDOW'],
  ['refreshToken.onReuse', 'ON_REUSE'],
  ['refreshToken.secrets', 'REFRESH_TOKEN_SECRET'],
  ['drizzleKeySource.encryptionKeys', 'KEY_ENCRYPTION_KEYS'],
  ['cookies.domain', 'COOKIE_DOMAIN'],
  ['cookies.secure', 'COOKIE_SECURE'],
  ['cookies.sameSite', 'COOKIE_SAME_SITE'],
  ['cookies.prefix', 'COOKIE_PREFIX'],
  ['origins.trustedOrigins', 'TRUSTED_ORIGINS'],
  ['origins.trustProxy', 'TRUST_PROXY'],
  ['oidc.providers', 'OIDC_PROVIDERS'],
  ['throttle', 'LOGIN_THROTTLE'],
  ['revocation.mode', 'REVOCATION_MODE'],
  ['revocation.unproven', 'REVOCATION_UNPROVEN'],
];

/** Errors of listening. */
const LISTENING: readonly (readonly [codes: RegExp, line: string])[] = [
  [/^EADDRINUSE$/, 'PORT is in use by another program: stop that, or set another PORT'],
  [/^EACCES$/, 'PORT may not be used by this user: take one above 1023'],
  [/^EADDRNOTAVAIL$/, 'HOST is not an address of this machine'],
];

/** Errors of connecting, among them SQLSTATEs of PostgreSQL. */
const CONNECTING: readonly (readonly [codes: RegExp, line: string])[] = [
  [
    /^(?:ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN)$/,
    'DATABASE_URL: no PostgreSQL answers there',
  ],
  [/^28\w{3}$/, 'DATABASE_URL: PostgreSQL refuses the user or the password'],
  [/^3D000$/, 'DATABASE_URL: the database does not exist; create it first'],
  [/^42501$/, 'DATABASE_URL: the role may not create the tables; grant it CREATE on the schema'],
];

/**
 * The one-line message of a failed start, with the names of variables instead of options. Undefined for any other
 * error, which is printed with its stack.
 */
export function startFailureLine(
  error: unknown,
  environment: Environment = process.env,
): string | undefined {
  if (error instanceof StartError) return error.message;
  if (error instanceof AuthError && error.reason === 'configuration_invalid')
    return inVariables(error.detail);
  const all = causes(error);
  const isHost = all.some(
    (each) => 'hostname' in each && each.hostname === environment['HOST']?.trim(),
  );
  if (isHost) return 'HOST cannot be resolved: give an address of this machine';
  const listens = all.some((each) => 'syscall' in each && each.syscall === 'listen');
  const lines = listens ? LISTENING : environment['DATABASE_URL']?.trim() ? CONNECTING : [];
  const codes = all.map(errorCode);
  return lines.find(([pattern]) =>
    codes.some((code) => code !== undefined && pattern.test(code)),
  )?.[1];
}

function inVariables(detail: string): string {
  let line = detail.replaceAll('\n', ' ');
  for (const [option, variable] of VARIABLES)
    line = line.replaceAll(
      new RegExp(`(?<![\\w.])${option.replaceAll('.', '\\.')}(?!\\w)`, 'g'),
      variable,
    );
  return line;
}

/** The error, its cause, the cause of that …; the parts of an AggregateError too. */
function causes(error: unknown, depth = 0): object[] {
  if (typeof error !== 'object' || error === null || depth > 5) return [];
  const parts = 'errors' in error && Array.isArray(error.errors) ? (error.errors as unknown[]) : [];
  const hidden = error instanceof AuthError ? [error.extra.cause] : [];
  const cause = 'cause' in error ? [error.cause] : [];
  return [error, ...[...parts, ...cause, ...hidden].flatMap((each) => causes(each, depth + 1))];
}
