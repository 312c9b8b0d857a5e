import { AuthError } from '../common/auth-error.js';
import { type Duration, parseDuration } from '../common/duration.js';
import { SIGNING_ALGORITHMS } from './key-options.js';
import type { RemoteJwksOptions, ResolvedRemoteJwks } from './resource-server-options.js';

/** Refuses what makes no sense, with one line that names the option and the cure. */
export function resolveRemoteJwks(given: RemoteJwksOptions | undefined): ResolvedRemoteJwks {
  const jwks: Partial<RemoteJwksOptions> = given ?? {};
  const algorithms = jwks.algorithms ?? SIGNING_ALGORITHMS.filter((each) => !each.startsWith('HS'));
  if (algorithms.length === 0)
    throw AuthError.configuration('jwks.algorithms', 'is empty: name at least one');
  for (const each of algorithms) {
    if (!SIGNING_ALGORITHMS.includes(each))
      throw AuthError.configuration('jwks.algorithms', `must be of ${SIGNING_ALGORITHMS.join(', ')}`);
    if (each.startsWith('HS'))
      throw AuthError.configuration(
        'jwks.algorithms',
        `${each} is a shared secret: a service that verifies with it can sign with it; have the issuer sign with RS, PS or ES`,
      );
  }
  if (jwks.fetch !== undefined && typeof jwks.fetch !== 'function')
    throw AuthError.configuration('jwks.fetch', 'must be a function like fetch, or left out');
  return {
    url: urlOf(jwks.url),
    algorithms: new Set(algorithms),
    refreshEveryMs: within('jwks.refreshEvery', jwks.refreshEvery ?? '5m', 1000, 86_400_000),
    coolDownMs: within('jwks.coolDown', jwks.coolDown ?? '30s', 100, 3_600_000),
    deadlineMs: within('jwks.deadline', jwks.deadline ?? '2s', 50, 60_000),
    keepForMs: within('jwks.keepFor', jwks.keepFor ?? '24h', 60_000, 7 * 86_400_000),
    fetch: jwks.fetch ?? ((url, init) => globalThis.fetch(url, init)),
  };
}

function urlOf(given: string | undefined): URL {
  const url = given !== undefined && URL.canParse(given) ? new URL(given) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw AuthError.configuration('jwks.url', "is no URL: give the issuer's https://…/.well-known/jwks.json");
  if (url.username || url.password)
    throw AuthError.configuration('jwks.url', 'holds credentials: a JWKS is public, leave them out');
  return url;
}

function within(name: string, value: Duration, min: number, max: number): number {
  const parsed = parseDuration(value);
  if (parsed === undefined || parsed < min || parsed > max)
    throw AuthError.configuration(name, `must be a duration from ${String(min)}ms to ${String(max / 1000)}s`);
  return parsed;
}
