import { AuthError } from '../common/auth-error.js';
import { DEFAULT_ACCESS_COOKIE, DEFAULT_DEVICE_COOKIE, DEFAULT_REFRESH_COOKIE } from '../contract/index.js';
import type { CookieOptions } from './cookie-options.js';
import type { ResolvedAuthOptions } from './resolved-options.js';

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const DOMAIN = /^\.?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/i;
const PATH = /^\/[!-:<-~]*$/;

/** Refuses what browsers would refuse or silently drop (RFC 6265bis, sections 4.1.2 and 5.7). */
export function resolveCookies(given: CookieOptions, routePrefix: string): ResolvedAuthOptions['cookies'] {
  const prefix = given.prefix ?? '';
  const secure = given.secure ?? true;
  const sameSite = given.sameSite ?? 'lax';
  const accessPath = given.accessPath ?? '/';
  const refreshPath = given.refreshPath ?? `/${routePrefix}`;
  const { domain } = given;

  if (!['', '__Secure-', '__Host-'].includes(prefix))
    throw AuthError.configuration('cookies.prefix', "must be '', '__Secure-' or '__Host-'");
  if (!['lax', 'strict', 'none'].includes(sameSite))
    throw AuthError.configuration('cookies.sameSite', 'must be lax, strict or none');
  if (prefix && !secure)
    throw AuthError.configuration(
      'cookies.prefix',
      'browsers refuse it without Secure; set cookies.secure to true',
    );
  if (sameSite === 'none' && !secure)
    throw AuthError.configuration(
      'cookies.sameSite',
      'browsers refuse None without Secure; set cookies.secure to true',
    );
  if (prefix === '__Host-' && domain !== undefined)
    throw AuthError.configuration(
      'cookies.domain',
      'browsers refuse it with __Host-; drop it or take the prefix __Secure-',
    );
  if (prefix === '__Host-' && accessPath !== '/')
    throw AuthError.configuration(
      'cookies.accessPath',
      'browsers refuse anything but / with __Host-; drop it or take __Secure-',
    );
  if (domain !== undefined && !DOMAIN.test(domain))
    throw AuthError.configuration('cookies.domain', 'is no domain name; write it as example.com');
  for (const [option, path] of Object.entries({ accessPath, refreshPath }))
    if (!PATH.test(path))
      throw AuthError.configuration(`cookies.${option}`, 'is no path; write it as / or /auth');

  // a path-scoped cookie can only be __Secure-
  const scoped = prefix === '__Host-' ? '__Secure-' : prefix;
  const names = {
    accessName: prefix + (given.accessName ?? DEFAULT_ACCESS_COOKIE),
    refreshName: scoped + (given.refreshName ?? DEFAULT_REFRESH_COOKIE),
    deviceName: scoped + (given.deviceName ?? DEFAULT_DEVICE_COOKIE),
  };
  for (const [option, name] of Object.entries(names)) {
    if (!TOKEN.test(name))
      throw AuthError.configuration(`cookies.${option}`, 'is no cookie name (RFC 6265, section 4.1.1)');
    if (!prefix && /^__(secure|host)-/i.test(name))
      throw AuthError.configuration(`cookies.${option}`, 'carries a prefix of its own; use cookies.prefix');
  }
  if (new Set(Object.values(names)).size !== 3)
    throw AuthError.configuration('cookies', 'two cookies have one name; give each its own');
  return { ...names, prefix, domain, secure, sameSite, accessPath, refreshPath };
}
