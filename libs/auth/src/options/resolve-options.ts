import { availableParallelism } from 'node:os';
import { AuthError } from '../common/auth-error.js';
import { parseDuration, type Duration } from '../common/duration.js';
import { TRANSPORTS } from '../contract/index.js';
import type { AuthOptions, RouteOptions } from './auth-options.js';
import { SIGNING_ALGORITHMS } from './key-options.js';
import type { ResolvedAuthOptions } from './resolved-options.js';
import { resolveEncryption, resolveLegacy } from './resolve-access-token.js';
import { resolveCookies } from './resolve-cookies.js';
import { resolveRoutes } from './resolve-routes.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Fills every default in and refuses what makes no sense, each with one line that names the option and the cure. */
export function resolveOptions(
  options: AuthOptions,
  routeOptions: RouteOptions | false | undefined,
): ResolvedAuthOptions {
  const routes = resolveRoutes(routeOptions);
  const access = options.accessToken ?? {};
  const refresh = options.refreshToken ?? {};
  const sessions = options.sessions ?? {};
  const revocation = options.revocation ?? {};
  const seconds = (name: string, value: Duration, min: number, max: number): number =>
    Math.floor(duration(name, value, min, max) / 1000);

  const ttlMs = duration('refreshToken.ttl', refresh.ttl ?? '30d', MINUTE, 365 * DAY);
  const rememberMeTtlMs = duration(
    'refreshToken.rememberMeTtl',
    refresh.rememberMeTtl ?? '90d',
    MINUTE,
    365 * DAY,
  );
  const cacheSeconds = seconds('jwks.cacheFor', options.jwks?.cacheFor ?? '1h', 0, DAY);
  return {
    issuer: text('issuer', options.issuer),
    audiences: audiences(options.audience),
    keys: {
      ...options.keys,
      algorithm: oneOf('keys.algorithm', options.keys?.algorithm ?? 'RS256', SIGNING_ALGORITHMS),
    },
    accessToken: {
      ttlSeconds: seconds('accessToken.ttl', access.ttl ?? '15m', 1000, HOUR),
      clockToleranceSeconds: seconds(
        'accessToken.clockTolerance',
        access.clockTolerance ?? '30s',
        0,
        5 * MINUTE,
      ),
      claims: access.claims,
      allowedClaims: new Set((access.allowedClaims ?? []).map((name) => name.toLowerCase())),
      claimsSchema: access.claimsSchema,
      cacheSize: whole('accessToken.cacheSize', access.cacheSize ?? 10_000, 0, 10_000_000),
      encryption: resolveEncryption(access.encryption),
      legacy: resolveLegacy(access.legacy),
    },
    refreshToken: {
      ttlMs,
      rememberMeTtlMs,
      absoluteTtlMs: duration(
        'refreshToken.absoluteTtl',
        refresh.absoluteTtl ?? '180d',
        MINUTE,
        5 * 365 * DAY,
      ),
      reuseLeewayMs: duration('refreshToken.reuseLeeway', refresh.reuseLeeway ?? 0, 0, MINUTE),
      onReuse: oneOf('refreshToken.onReuse', refresh.onReuse ?? 'user', ['user', 'family']),
      secrets: refresh.secrets ?? [],
      sessionCookieUnlessRemembered: refresh.sessionCookieUnlessRemembered ?? false,
    },
    sessions: {
      maxPerUser: whole('sessions.maxPerUser', sessions.maxPerUser ?? 100, 1, 10_000),
      cleanUpEveryMs: duration('sessions.cleanUpEvery', sessions.cleanUpEvery ?? '10m', 0, 7 * DAY),
      // an access token outlives its session's row by at most an hour: the row must still be there when it is revoked
      keepEndedForMs: duration(
        'sessions.keepEndedFor',
        sessions.keepEndedFor ?? '30d',
        2 * HOUR,
        10 * 365 * DAY,
      ),
    },
    cookies: resolveCookies(options.cookies ?? {}, routes.prefix),
    transports: transports(options.transports ?? {}),
    origins: {
      trusted: new Set((options.origins?.trustedOrigins ?? []).map(origin)),
      trustProxy: options.origins?.trustProxy ?? false,
    },
    throttle: throttle(options.throttle),
    passwords: passwords(options.passwords ?? {}),
    revocation: {
      mode: oneOf('revocation.mode', revocation.mode ?? 'mirror', ['mirror', 'strict']),
      maxStalenessMs: duration('revocation.maxStaleness', revocation.maxStaleness ?? '1s', 200, 10_000),
      unproven: oneOf('revocation.unproven', revocation.unproven ?? 'redis', ['redis', 'refuse']),
      deadlineMs: duration('revocation.deadline', revocation.deadline ?? '250ms', 10, 10_000),
      maxEntries: whole('revocation.maxEntries', revocation.maxEntries ?? 2_000_000, 1000, 50_000_000),
    },
    jwks: { cacheSeconds },
    keyRotation: keyRotation(options.keyRotation ?? {}, cacheSeconds * 1000),
    routes,
    strictConfig: options.strictConfig ?? false,
    storeDeadlineMs: duration('storeDeadline', options.storeDeadline ?? '2s', 50, 60_000),
  };
}

function keyRotation(
  given: NonNullable<AuthOptions['keyRotation']>,
  cacheMs: number,
): ResolvedAuthOptions['keyRotation'] {
  const refreshEveryMs = duration('keyRotation.refreshEvery', given.refreshEvery ?? '30s', 100, HOUR);
  const soonest = `${String(cacheMs + 2 * refreshEveryMs)}ms`;
  const leadTimeMs = duration('keyRotation.leadTime', given.leadTime ?? soonest, 0, 30 * DAY);
  if (leadTimeMs < cacheMs)
    throw AuthError.configuration(
      'keyRotation.leadTime',
      'is shorter than jwks.cacheFor: a key would sign before every cache has it; make it at least as long',
    );
  return {
    leadTimeMs,
    refreshEveryMs,
    rotateAfterMs:
      given.rotateAfter === undefined
        ? undefined
        : duration('keyRotation.rotateAfter', given.rotateAfter, Math.max(1000, 2 * leadTimeMs), 3650 * DAY),
    warnAfterMs: duration('keyRotation.warnAfter', given.warnAfter ?? '90d', 1000, 3650 * DAY),
  };
}

function transports(given: NonNullable<AuthOptions['transports']>): ResolvedAuthOptions['transports'] {
  const allowed = given.allowed ?? TRANSPORTS;
  const [first] = allowed;
  if (!first)
    throw AuthError.configuration(
      'transports.allowed',
      'is empty; name at least one of cookie, hybrid, bearer',
    );
  for (const each of allowed) oneOf('transports.allowed', each, TRANSPORTS);
  const fallback = given.default ?? (allowed.includes('cookie') ? 'cookie' : first);
  if (!allowed.includes(fallback))
    throw AuthError.configuration('transports.default', 'is not among transports.allowed; add it there');
  return { allowed, default: fallback };
}

function throttle(given: AuthOptions['throttle']): ResolvedAuthOptions['throttle'] {
  if (given === false) return false;
  return {
    accountAndAddress: whole('throttle.accountAndAddress', given?.accountAndAddress ?? 10, 1, 1_000_000),
    account: whole('throttle.account', given?.account ?? 100, 1, 1_000_000),
    address: whole('throttle.address', given?.address ?? 100, 1, 1_000_000),
    windowMs: duration('throttle.window', given?.window ?? '15m', 1000, DAY),
  };
}

function passwords(given: NonNullable<AuthOptions['passwords']>): ResolvedAuthOptions['passwords'] {
  return {
    minLength: whole('passwords.minLength', given.minLength ?? 8, 8, 64),
    maxBytes: whole('passwords.maxBytes', given.maxBytes ?? 1024, 64, 4096),
    memoryKib: whole('passwords.memoryKib', given.memoryKib ?? 19_456, 7168, 4_194_304),
    passes: whole('passwords.passes', given.passes ?? 2, 1, 100),
    parallelism: whole('passwords.parallelism', given.parallelism ?? 1, 1, 64),
    concurrency: whole(
      'passwords.concurrency',
      given.concurrency ?? Math.max(1, Math.floor(availableParallelism() / 2)),
      1,
      1024,
    ),
    maxQueue: whole('passwords.maxQueue', given.maxQueue ?? 100, 0, 100_000),
    refuseCommon: given.refuseCommon ?? true,
    breachCheck: given.breachCheck,
  };
}

function audiences(given: AuthOptions['audience']): readonly string[] {
  const list = typeof given === 'string' ? [given] : [...(given ?? [])];
  if (list.length === 0) throw AuthError.configuration('audience', 'is empty; name what the tokens are for');
  return list.map((each) => text('audience', each));
}

function origin(given: string): string {
  const parsed = URL.canParse(given) ? new URL(given) : undefined;
  if (
    !parsed ||
    parsed.origin === 'null' ||
    !/^https?:$/.test(parsed.protocol) ||
    `${parsed.origin}/` !== parsed.href ||
    given.endsWith('/')
  )
    throw AuthError.configuration(
      'origins.trustedOrigins',
      'holds something that is no exact origin; write https://app.example.com, without path or wildcard',
    );
  return parsed.origin;
}

function text(name: string, value: unknown): string {
  if (typeof value !== 'string' || value.trim() === '' || value.length > 1024)
    throw AuthError.configuration(name, 'is missing; give a text that is not empty');
  return value;
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw AuthError.configuration(name, `must be one of ${allowed.join(', ')}`);
  return found;
}

function whole(name: string, value: number, min: number, max: number): number {
  if (!Number.isSafeInteger(value) || value < min || value > max)
    throw AuthError.configuration(name, `must be a whole number from ${String(min)} to ${String(max)}`);
  return value;
}

function duration(name: string, value: Duration, min: number, max: number): number {
  const parsed = parseDuration(value);
  if (parsed === undefined)
    throw AuthError.configuration(name, 'is not a duration; write it as 900s, 15m or 30d');
  if (parsed < min || parsed > max)
    throw AuthError.configuration(name, `must be from ${written(min)} to ${written(max)}`);
  return parsed;
}

function written(millis: number): string {
  if (millis % DAY === 0 && millis > 0) return `${String(millis / DAY)}d`;
  if (millis % MINUTE === 0 && millis > 0) return `${String(millis / MINUTE)}m`;
  return millis % 1000 === 0 ? `${String(millis / 1000)}s` : `${String(millis)}ms`;
}
