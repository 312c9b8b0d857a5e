import type { CookiePrefix, CookieScope, SameSite } from '@tokenward/nestjs/options';
import { problem, type EnvironmentReader } from './environment.js';

const DOMAIN = /^\.?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/i;

export interface CookieSettings {
  readonly domain: string | undefined;
  readonly secure: boolean;
  /** Of the access cookie. */
  readonly sameSite: SameSite;
  readonly prefix: CookiePrefix;
  readonly formerScopes: readonly CookieScope[] | undefined;
}

/** Refuses what browsers would refuse (RFC 6265bis, sections 4.1.2 and 4.1.3). */
export function cookieSettings(read: EnvironmentReader): CookieSettings {
  const domain = read.text('COOKIE_DOMAIN');
  const secure = read.flag('COOKIE_SECURE', true);
  const sameSite = read.oneOf('COOKIE_SAME_SITE', ['lax', 'strict', 'none'], 'lax');
  const prefix = read.oneOf('COOKIE_PREFIX', ['', '__Secure-', '__Host-'], '');
  if (domain !== undefined && !DOMAIN.test(domain))
    throw problem('COOKIE_DOMAIN', 'must be a domain name such as example.com');
  if (prefix === '__Host-' && domain !== undefined)
    throw problem(
      'COOKIE_DOMAIN',
      'cannot go with COOKIE_PREFIX=__Host-: browsers refuse it; take __Secure-, or drop the domain',
    );
  if (prefix !== '' && !secure)
    throw problem(
      'COOKIE_PREFIX',
      `${prefix} needs COOKIE_SECURE=true: browsers refuse it otherwise`,
    );
  if (sameSite === 'none' && !secure)
    throw problem(
      'COOKIE_SAME_SITE',
      'none needs COOKIE_SECURE=true: browsers refuse it otherwise',
    );
  return { domain, secure, sameSite, prefix, formerScopes: formerScopes(read) };
}

/** Written for a scope without a domain: an entry cannot be empty. */
const HOST_ONLY = 'host-only';

function formerScopes(read: EnvironmentReader): readonly CookieScope[] | undefined {
  const entries = read.list('COOKIE_FORMER_DOMAINS');
  if (entries && !entries.every((entry) => entry === HOST_ONLY || DOMAIN.test(entry)))
    throw problem(
      'COOKIE_FORMER_DOMAINS',
      `must hold domain names such as example.com, or ${HOST_ONLY}`,
    );
  return entries?.map((entry) => (entry === HOST_ONLY ? {} : { domain: entry }));
}
