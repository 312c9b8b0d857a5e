export type SameSite = 'strict' | 'lax' | 'none';
export type CookiePrefix = '' | '__Secure-' | '__Host-';

export interface CookieOptions {
  /** Default `access_token`. */
  readonly accessName?: string;
  /** Default `refresh_token`. */
  readonly refreshName?: string;
  /** Default `device`. */
  readonly deviceName?: string;
  /** Put before every name. With `__Host-` the path-scoped cookies take `__Secure-` (RFC 6265bis, section 4.1.3). Default none. */
  readonly prefix?: CookiePrefix;
  /** Shares the cookies with subdomains. Default: host only. Refused with `__Host-`. */
  readonly domain?: string;
  /** Default true. False only for local development without TLS; refused with a prefix and with `sameSite: 'none'`. */
  readonly secure?: boolean;
  /** Of the access cookie. Default `lax`. The refresh and device cookies are always `strict`. */
  readonly sameSite?: SameSite;
  /** Path of the access cookie. Default `/`. */
  readonly accessPath?: string;
  /** Path of the refresh and device cookies. Default: `/` + the controllers' prefix; set it when the app has a global prefix. */
  readonly refreshPath?: string;
}
