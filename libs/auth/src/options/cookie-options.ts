import { flag, group, list, oneOf, text } from '../common/option-schema.js';

export type SameSite = 'strict' | 'lax' | 'none';
export type CookiePrefix = '' | '__Secure-' | '__Host-';

/** A former scope of this host's cookies. */
export interface CookieScope {
  /** Default: host only. */
  readonly domain?: string;
  /** Default: the path that each cookie has now. */
  readonly path?: string;
}

export interface CookieOptions {
  /** Default `access_token`. */
  readonly accessName?: string;
  /** Default `refresh_token`. */
  readonly refreshName?: string;
  /** Default `device`. */
  readonly deviceName?: string;
  /**
   * Put before every cookie name. With `__Host-`, the cookies with a path take `__Secure-` (RFC 6265bis, section
   * 4.1.3). Default none.
   */
  readonly prefix?: CookiePrefix;
  /** Shares the cookies with subdomains. Default: host only. Refused with `__Host-`. */
  readonly domain?: string;
  /** Default true. False only for local development without TLS; refused with a prefix and with `sameSite: 'none'`. */
  readonly secure?: boolean;
  /** `SameSite` of the access cookie. Default `lax`. The refresh and device cookies are always `strict`. */
  readonly sameSite?: SameSite;
  /** Path of the access cookie. Default `/`. */
  readonly accessPath?: string;
  /**
   * Path of the refresh and device cookies. Default: the path at which Nest serves the routes, global prefix
   * included. Set it if a proxy changes the path. `/` for a server that renders pages, which needs
   * `refreshToken.reuseLeeway` as well.
   */
  readonly refreshPath?: string;
  /**
   * The scopes that the cookies had before `domain`, `accessPath` or `refreshPath` was changed: browsers send an old
   * cookie together with the new one until it is cleared in its own scope. Keep them for the longest refresh TTL and
   * then remove them, because a cookie that a sibling host sets in such a scope is cleared as well. Default none, at
   * most 8.
   */
  readonly formerScopes?: readonly CookieScope[];
}

/** RFC 6265, section 4.1.1. */
const cookieName = () =>
  text('a cookie name of letters, digits and dashes', /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/);
const cookieDomain = () =>
  text(
    'a domain name such as example.com',
    /^\.?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/i,
  );
const cookiePath = () => text('a path such as / or /auth', /^\/[!-:<-~]*$/);

export const cookieSchema = group({
  accessName: cookieName().optional(),
  refreshName: cookieName().optional(),
  deviceName: cookieName().optional(),
  prefix: oneOf(['', '__Secure-', '__Host-']).prefault(''),
  domain: cookieDomain().optional(),
  secure: flag().prefault(true),
  sameSite: oneOf(['strict', 'lax', 'none']).prefault('lax'),
  accessPath: cookiePath().prefault('/'),
  refreshPath: cookiePath().optional(),
  formerScopes: list(group({ domain: cookieDomain().optional(), path: cookiePath().optional() }))
    .refine(({ length }) => length <= 8, 'must hold at most 8 scopes')
    .prefault([]),
});
