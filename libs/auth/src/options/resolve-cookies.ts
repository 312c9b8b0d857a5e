import type { z } from 'zod';
import { AuthError } from '../common/auth-error.js';
import { DEFAULT_INSTANCE } from '../common/instance-token.js';
import {
  DEFAULT_ACCESS_COOKIE,
  DEFAULT_DEVICE_COOKIE,
  DEFAULT_REFRESH_COOKIE,
  OIDC_COOKIE,
} from '../contract/index.js';
import type { cookieSchema } from './cookie-options.js';
import type { ResolvedAuthOptions } from './resolved-options.js';

/** Refuses what browsers would refuse or silently drop (RFC 6265bis, sections 4.1.2 and 5.7). */
export function resolveCookies(
  given: z.output<typeof cookieSchema>,
  instance: string,
): ResolvedAuthOptions['cookies'] {
  const { prefix, secure, domain, sameSite, accessPath, refreshPath, formerScopes } = given;
  const refuse = (option: string, problem: string): never => {
    throw AuthError.configuration(`cookies.${option}`, problem);
  };
  if (prefix && !secure)
    refuse('prefix', 'browsers refuse it without Secure; set cookies.secure to true');
  if (sameSite === 'none' && !secure)
    refuse('sameSite', 'browsers refuse None without Secure; set cookies.secure to true');
  if (prefix === '__Host-' && domain !== undefined)
    refuse('domain', 'browsers refuse it with __Host-; drop it or take the prefix __Secure-');
  if (prefix === '__Host-' && accessPath !== '/')
    refuse('accessPath', 'browsers refuse anything but / with __Host-; drop it or take __Secure-');

  // two instances on one host must not read each other's cookies
  const own = (name: string): string =>
    instance === DEFAULT_INSTANCE ? name : `${instance}_${name}`;
  // a cookie with a path of its own can only have __Secure-
  const scoped = prefix === '__Host-' ? '__Secure-' : prefix;
  const names = {
    accessName: prefix + (given.accessName ?? own(DEFAULT_ACCESS_COOKIE)),
    refreshName: scoped + (given.refreshName ?? own(DEFAULT_REFRESH_COOKIE)),
    deviceName: scoped + (given.deviceName ?? own(DEFAULT_DEVICE_COOKIE)),
  };
  for (const [option, name] of Object.entries(names))
    if (!prefix && /^__(secure|host)-/i.test(name))
      refuse(option, 'carries a prefix of its own; use cookies.prefix');
  const oidcName = own(OIDC_COOKIE);
  if (new Set([...Object.values(names), prefix + oidcName]).size !== 4)
    throw AuthError.configuration('cookies', 'two cookies have the same name; give each its own');
  return {
    ...names,
    oidcName,
    prefix,
    domain,
    secure,
    sameSite,
    accessPath,
    refreshPath,
    formerScopes,
  };
}
