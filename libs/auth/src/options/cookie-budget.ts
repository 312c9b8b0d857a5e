import { stringifySetCookie } from 'cookie';
import type { CookieScope } from './cookie-options.js';
import type { ResolvedAuthOptions } from './resolved-options.js';

/** What a browser must be able to keep: name, value and attributes together (RFC 6265, section 6.1). */
export const MAX_SET_COOKIE_BYTES = 4096;

type CookieSettings = Pick<ResolvedAuthOptions, 'cookies'>;

/** The whole `Set-Cookie` line of an access cookie; the value is written as it is. */
export function accessCookie(
  { cookies }: CookieSettings,
  value: string,
  maxAge: number,
  { domain, path }: CookieScope = { domain: cookies.domain, path: cookies.accessPath },
): string {
  const { accessName: name, secure, sameSite } = cookies;
  return stringifySetCookie(
    { name, value, httpOnly: true, maxAge, path, domain, secure, sameSite },
    { encode: String },
  );
}

/** The attributes of the access cookie in `Set-Cookie`, without `Max-Age`. */
export function accessCookieAttributes(options: CookieSettings): string {
  const [, ...attributes] = accessCookie(options, '', 0).split('; ');
  return attributes.filter((each) => !/^max-age=/i.test(each)).join('; ');
}

/**
 * Bytes an access token may have so that its cookie fits in 4 KiB; checked at issue, where the error can still say why.
 */
export function maxAccessTokenBytes(
  options: CookieSettings & Pick<ResolvedAuthOptions, 'accessToken'>,
): number {
  return (
    MAX_SET_COOKIE_BYTES -
    Buffer.byteLength(accessCookie(options, '', options.accessToken.ttlSeconds))
  );
}
