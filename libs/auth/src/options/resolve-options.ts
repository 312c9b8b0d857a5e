import type { z } from 'zod';
import { AuthError } from '../common/auth-error.js';
import { DEFAULT_INSTANCE } from '../common/instance-token.js';
import { readOptions } from '../common/read-options.js';
import { resolveActingRoles } from './acting-options.js';
import { resolveAccounts } from './account-options.js';
import type { AuthOptions, RouteOptions } from './auth-options.js';
import { authSchema } from './auth-schema.js';
import { resolveDpop } from './dpop-options.js';
import { resolveDiscovery } from './discovery-options.js';
import { resolveTrustedIssuer } from './issuer-options.js';
import { resolveTenants } from './tenant-options.js';
import { resolveCookies } from './resolve-cookies.js';
import { resolveRoutes } from './resolve-routes.js';
import type { ResolvedLegacyIssuer } from './legacy-options.js';
import type { ResolvedAuthOptions } from './resolved-options.js';

/**
 * The options after the schema: defaults filled in, durations in milliseconds or, where the schema says so, seconds.
 */
export type CheckedAuthOptions = z.output<typeof authSchema>;

/** Refuses options that contradict each other, each with one line that names the option and the cure. */
export function resolveOptions(
  options: AuthOptions,
  routes: RouteOptions | false | undefined,
): ResolvedAuthOptions {
  return resolveChecked(readOptions(authSchema, options, { of: 'AuthOptions' }), routes);
}

/** The rules between several options, which the schema cannot express. */
export function resolveChecked(
  options: CheckedAuthOptions,
  routeOptions: RouteOptions | false | undefined,
  instance = DEFAULT_INSTANCE,
): ResolvedAuthOptions {
  const { ttl, clockTolerance, ...accessToken } = options.accessToken;
  const { maxStaleness, deadline, ...revocation } = options.revocation;
  const { sessions } = options;
  const routes = resolveRoutes(routeOptions);
  return {
    issuer: options.issuer,
    audiences: typeof options.audience === 'string' ? [options.audience] : options.audience,
    keys: options.keys,
    accessToken: {
      ...accessToken,
      ttlSeconds: ttl,
      clockToleranceSeconds: clockTolerance,
      allowedClaims: new Set(accessToken.allowedClaims.map((name) => name.toLowerCase())),
      legacy: accessToken.legacy.map(legacyIssuer),
    },
    refreshToken: refreshToken(options.refreshToken),
    sessions: {
      maxPerUser: sessions.maxPerUser,
      cleanUpEveryMs: sessions.cleanUpEvery,
      keepEndedForMs: sessions.keepEndedFor,
      claims: sessions.claims,
      limits: sessions.limits,
      mayActAs: resolveActingRoles(sessions.mayActAs),
    },
    cookies: resolveCookies(options.cookies, instance),
    transports: transports(options.transports),
    origins: {
      trusted: new Set(options.origins.trustedOrigins),
      trustProxy: options.origins.trustProxy,
    },
    throttle: throttle(options.throttle),
    passwords: passwords(options.passwords),
    identifier: options.identifier,
    registration: options.registration,
    accounts: resolveAccounts(options.accounts),
    revocation: { ...revocation, maxStalenessMs: maxStaleness, deadlineMs: deadline },
    jwks: { cacheSeconds: options.jwks.cacheFor },
    apiKeys: options.apiKeys,
    tenants: tenants(options),
    trustedIssuers: trustedIssuers(options),
    deviceBound: deviceBound(options, routes),
    dpop: resolveDpop(options.dpop),
    discovery: resolveDiscovery(
      options.discovery,
      options.issuer,
      instance === DEFAULT_INSTANCE ? '' : `${instance}/`,
    ),
    keyRotation: keyRotation(options.keyRotation, options.jwks.cacheFor * 1000),
    routes,
    strictConfig: options.strictConfig,
    storeDeadlineMs: options.storeDeadline,
  };
}

/** Refuses options under which nobody could sign in with `require`. */
function deviceBound(
  { deviceBound: mode, boundAccessTtl: accessTtlSeconds, cookies }: CheckedAuthOptions,
  routes: Required<RouteOptions>,
): ResolvedAuthOptions['deviceBound'] {
  const refuse = (problem: string): never => {
    throw AuthError.configuration('deviceBound', `is require, and ${problem}`);
  };
  if (mode === 'require' && !cookies.secure)
    refuse('cookies.secure is false, so that no browser registers a key: leave it at true');
  if (mode === 'require' && !routes.device)
    refuse('routes.device is false, so that no browser can register a key: leave it at true');
  return { mode, accessTtlSeconds };
}

function trustedIssuers({ trustedIssuers: given, issuer, accessToken }: CheckedAuthOptions) {
  for (const [index, { issuer: other }] of given.entries()) {
    const option = `trustedIssuers[${String(index)}].issuer`;
    if (other === issuer)
      throw AuthError.configuration(
        option,
        'is the own issuer, whose tokens are always accepted: leave it out',
      );
    if (accessToken.legacy.some((legacy) => legacy.issuer === other))
      throw AuthError.configuration(option, 'is also in accessToken.legacy: keep one of the two');
  }
  return given.map(resolveTrustedIssuer);
}

function tenants({
  tenants: given,
  issuer,
  trustedIssuers: others,
  accessToken,
}: CheckedAuthOptions) {
  return (
    given &&
    resolveTenants(given, {
      issuer: [issuer],
      trustedIssuers: others.map((each) => each.issuer),
      'accessToken.legacy': accessToken.legacy.flatMap((each) => each.issuer ?? []),
    })
  );
}

function legacyIssuer(
  given: CheckedAuthOptions['accessToken']['legacy'][number],
): ResolvedLegacyIssuer {
  const { audience, acceptUntil, maxLifetime, ...issuer } = given;
  return {
    ...issuer,
    audiences: typeof audience === 'string' ? [audience] : audience,
    acceptUntilMs: new Date(acceptUntil).getTime(),
    maxLifetimeSeconds: maxLifetime,
  };
}

/** A default lifetime is cut to the absolute one; a given lifetime that is longer is refused. */
function refreshToken(
  given: CheckedAuthOptions['refreshToken'],
): ResolvedAuthOptions['refreshToken'] {
  const { ttl, rememberMeTtl, absoluteTtl, reuseLeeway, retryWindow, ...others } = given;
  for (const [name, each] of Object.entries({ ttl, rememberMeTtl }))
    if (each !== undefined && each > absoluteTtl)
      throw AuthError.configuration(
        `refreshToken.${name}`,
        'is longer than refreshToken.absoluteTtl (180d unless set), which ends the session first: raise that, or lower this',
      );
  return {
    ...others,
    ttlMs: ttl ?? Math.min(30 * DAY, absoluteTtl),
    rememberMeTtlMs: rememberMeTtl ?? Math.min(90 * DAY, absoluteTtl),
    absoluteTtlMs: absoluteTtl,
    reuseLeewayMs: reuseLeeway,
    retryWindowMs: retryWindow,
  };
}

function passwords({
  storedHashLimit: storedHashLimitMs,
  ...others
}: CheckedAuthOptions['passwords']): ResolvedAuthOptions['passwords'] {
  return { ...others, storedHashLimitMs };
}

const DAY = 86_400_000;

function throttle(given: CheckedAuthOptions['throttle']): ResolvedAuthOptions['throttle'] {
  if (!given) return false;
  const { window, ...limits } = given;
  return { ...limits, windowMs: window };
}

function keyRotation(
  given: CheckedAuthOptions['keyRotation'],
  cacheMs: number,
): ResolvedAuthOptions['keyRotation'] {
  const { refreshEvery, rotateAfter, warnAfter, leadTime = cacheMs + 2 * refreshEvery } = given;
  if (leadTime < cacheMs)
    throw AuthError.configuration(
      'keyRotation.leadTime',
      'is shorter than jwks.cacheFor: a key would sign before every cache has it; make it at least as long',
    );
  if (rotateAfter !== undefined && rotateAfter < 2 * leadTime)
    throw AuthError.configuration(
      'keyRotation.rotateAfter',
      'is shorter than twice keyRotation.leadTime: keys would pile up before they sign; make it at least as long',
    );
  return {
    leadTimeMs: leadTime,
    refreshEveryMs: refreshEvery,
    rotateAfterMs: rotateAfter,
    warnAfterMs: warnAfter,
  };
}

function transports(given: CheckedAuthOptions['transports']): ResolvedAuthOptions['transports'] {
  const { allowed } = given;
  const [first = 'cookie'] = allowed;
  const fallback = given.default ?? (allowed.includes('cookie') ? 'cookie' : first);
  if (!allowed.includes(fallback))
    throw AuthError.configuration(
      'transports.default',
      'is not among transports.allowed; add it there',
    );
  return { allowed, default: fallback };
}
