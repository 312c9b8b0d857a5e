import { describe, expect, it } from '@jest/globals';
import { DEFAULT_INSTANCE } from '../../common/instance-token.js';
import { type CookieOptions, cookieSchema } from '../../options/cookie-options.js';
import { resolveCookies } from '../../options/resolve-cookies.js';
import type { HttpRequest, HttpResponse } from '../../verify/http/adapter.js';
import { settings } from '../../verify/http/samples.fixture.js';
import { FactorMethods } from '../factors/factor-methods.js';
import type { CookiePath } from './cookie-path.service.js';
import { AuthCookies } from './cookies.service.js';
import { OidcCookie } from './oidc-cookie.service.js';

const HTTPS = 'https://app.example.com/auth';
const REST = 'HttpOnly; Secure; SameSite=Lax';

function cookieOf(
  publicUrl: string | undefined,
  given: CookieOptions = {},
  instance = DEFAULT_INSTANCE,
) {
  const options = settings({ cookies: resolveCookies(cookieSchema.parse(given), instance) });
  const methods = Object.assign(Object.create(FactorMethods.prototype) as FactorMethods, {
    oidc: { publicUrl },
  });
  const scoped = { refreshPath: '/auth', routesPath: '/auth' } as CookiePath;
  return new OidcCookie(options, methods, scoped, new AuthCookies(options, scoped));
}

function lineOf(cookie: OidcCookie): unknown {
  let lines: unknown;
  const response = {
    getHeader: () => undefined,
    setHeader: (_: string, value: unknown) => (lines = value),
  };
  cookie.set(response as HttpResponse, 'v', 600);
  return lines;
}

describe('the cookie of a sign-in at a provider', () => {
  it.each<readonly [string, string | undefined, CookieOptions, string]>([
    ['over HTTPS', HTTPS, {}, `__Host-oidc_state=v; Max-Age=600; Path=/; ${REST}`],
    [
      'under __Secure-',
      HTTPS,
      { prefix: '__Secure-' },
      `__Host-oidc_state=v; Max-Age=600; Path=/; ${REST}`,
    ],
    [
      'under __Host-',
      undefined,
      { prefix: '__Host-' },
      `__Host-oidc_state=v; Max-Age=600; Path=/; ${REST}`,
    ],
  ])('can be planted by no sibling subdomain: %s', (_, publicUrl, given, line) => {
    const cookie = cookieOf(publicUrl, given);
    expect(lineOf(cookie)).toEqual([line]);
    const sent = (text: string) => cookie.read({ headers: { cookie: text } } as HttpRequest);
    expect(['oidc_state=v', '__Secure-oidc_state=v', '__Host-oidc_state=v'].map(sent)).toEqual([
      undefined,
      undefined,
      'v',
    ]);
  });

  it.each<readonly [string, string | undefined, CookieOptions, string]>([
    ['on loopback', undefined, {}, `oidc_state=v; Max-Age=600; Path=/auth; ${REST}`],
    [
      'over plain HTTP',
      'http://localhost/auth',
      {},
      `oidc_state=v; Max-Age=600; Path=/auth; ${REST}`,
    ],
    [
      'shared with a domain',
      HTTPS,
      { domain: 'example.com', prefix: '__Secure-' },
      `__Secure-oidc_state=v; Max-Age=600; Domain=example.com; Path=/auth; ${REST}`,
    ],
    [
      'not Secure',
      HTTPS,
      { secure: false },
      'oidc_state=v; Max-Age=600; Path=/auth; HttpOnly; SameSite=Lax',
    ],
  ])('is as the others where browsers refuse __Host-: %s', (_, publicUrl, given, line) => {
    expect(lineOf(cookieOf(publicUrl, given))).toEqual([line]);
  });

  it('of two instances have two names', () => {
    expect(lineOf(cookieOf(HTTPS, {}, 'staff'))).toEqual([
      `__Host-staff_oidc_state=v; Max-Age=600; Path=/; ${REST}`,
    ]);
  });
});
