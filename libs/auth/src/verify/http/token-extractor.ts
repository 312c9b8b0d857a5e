import { API_KEY_PREFIX } from '../api-key-lookup.port.js';
import type { PresentedToken } from '../presented-token.js';
import { clientAddress, headerValues, type HttpRequest } from './adapter.js';

/** The cookies of one name in the `Cookie` headers. */
export type PresentedCookie =
  | { readonly kind: 'none' }
  | { readonly kind: 'repeated' }
  | { readonly kind: 'value'; readonly value: string };

const NONE = { kind: 'none' } as const;
const REPEATED = { kind: 'repeated' } as const;
const BEARER = /^bearer(?=[\s,]|$)/i;
const BEARER_OR_DPOP = /^(?:bearer|dpop)(?=[\s,]|$)/i;
const DPOP = /^dpop/i;

/** Whether `Authorization: DPoP` (RFC 9449, section 7.1) is read, or left to the host like any other scheme. */
export type DpopScheme = 'read' | 'ignored';

/**
 * The one cookie of that name. An empty one counts as none. Two of them, in one or several headers and with any
 * values, are `repeated`, because it is unclear which of them the host set (cookie tossing).
 */
export function presentedCookie(request: HttpRequest, name: string): PresentedCookie {
  const values = cookieValues(request, name);
  if (values.length > 1) return REPEATED;
  const value = values[0];
  return value ? { kind: 'value', value } : NONE;
}

const NO_VALUES: readonly string[] = [];

/**
 * Every value of that name, empty ones too, undecoded (RFC 6265, section 5.4): nothing Tokenward writes needs decoding.
 */
export function cookieValues(request: HttpRequest, name: string): readonly string[] {
  const header = cookieHeader(request);
  if (!header) return NO_VALUES;
  const found: string[] = [];
  let start = 0;
  // searched once and not at each `;`, so that a hostile header does not take quadratic time
  let equals = header.indexOf('=');
  while (equals !== -1) {
    let end = header.indexOf(';', start);
    if (end === -1) end = header.length;
    if (equals < end && trimmed(header, start, equals) === name)
      found.push(trimmed(header, equals + 1, end));
    start = end + 1;
    if (equals < start) equals = header.indexOf('=', start);
  }
  return found;
}

/** Node joins several `Cookie` headers with `; `; a test double may not. */
function cookieHeader(request: HttpRequest): string | undefined {
  const header: string | readonly string[] | undefined = request.headers.cookie;
  return Array.isArray(header) ? header.join('; ') : header;
}

/** Spaces and tabs only: other blanks are part of a value that will not verify. */
function trimmed(text: string, start: number, end: number): string {
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/**
 * `Authorization: Bearer`, scheme in any case, exactly one credential (RFC 9110, sections 11.1 and 11.4). Other
 * schemes are left to the host. The verifier checks the characters of a credential (RFC 6750, section 2.1), once for
 * each token.
 */
export function presentedBearer(
  request: HttpRequest,
  dpop: DpopScheme = 'ignored',
): PresentedToken {
  const values = headerValues(request, 'authorization');
  const ours = dpop === 'read' ? BEARER_OR_DPOP : BEARER;
  if (!values.some((value) => ours.test(value))) return NONE;
  const value = values[0] ?? '';
  const isDpop = dpop === 'read' && DPOP.test(value);
  const credential =
    values.length === 1 ? afterBlanks(value, isDpop ? 'dpop'.length : 'bearer'.length) : '';
  if (credential === '' || credential.includes(' ') || credential.includes(','))
    return { kind: 'refused', detail: 'the Authorization header does not hold exactly one token' };
  if (isDpop) return { kind: 'token', value: credential, source: 'dpop', request };
  if (credential.startsWith(API_KEY_PREFIX))
    return { kind: 'token', value: credential, source: 'bearer', ip: clientAddress(request) };
  return { kind: 'token', value: credential, source: 'bearer' };
}

/** The text after the scheme; empty if no space follows. */
function afterBlanks(value: string, scheme: number): string {
  let at = scheme;
  while (value.charCodeAt(at) === 0x20) at += 1;
  return at === scheme ? '' : value.slice(at);
}

/**
 * Reads the cookie first. If it is present and not empty, only the cookie counts. Never a query string, never a body
 * (RFC 9700, section 4.3.2).
 */
export function presentedAccessToken(
  request: HttpRequest,
  cookieName: string,
  cookie: PresentedCookie = presentedCookie(request, cookieName),
  dpop: DpopScheme = 'ignored',
): PresentedToken {
  switch (cookie.kind) {
    case 'value':
      return { kind: 'token', value: cookie.value, source: 'cookie' };
    case 'repeated':
      return { kind: 'refused', detail: 'two cookies of one name' };
    case 'none':
      return presentedBearer(request, dpop);
  }
}
