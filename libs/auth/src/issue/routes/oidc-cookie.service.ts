import { Injectable } from '@nestjs/common';
import { stringifySetCookie } from 'cookie';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { HttpRequest, HttpResponse } from '../../verify/http/adapter.js';
import { presentedCookie } from '../../verify/http/token-extractor.js';
import { FactorMethods } from '../factors/factor-methods.js';
import { CookiePath } from './cookie-path.service.js';
import { AuthCookies } from './cookies.service.js';

/**
 * The cookie of a sign-in at a provider that is under way. It says whose request the answer belongs to, so no sibling
 * subdomain may plant it: it is `__Host-` wherever browsers accept that (not over plain HTTP, not with a domain). It is
 * `Lax`, because the browser comes back by a navigation from the provider's site.
 */
@Injectable()
export class OidcCookie {
  private readonly name: string;
  private readonly standing: 'host only' | 'scoped';

  constructor(
    private readonly options: ResolvedAuthOptions,
    { oidc }: FactorMethods,
    private readonly scoped: CookiePath,
    private readonly cookies: AuthCookies,
  ) {
    const { prefix, oidcName, secure, domain } = options.cookies;
    const isHttps = oidc?.publicUrl?.startsWith('https:') ?? false;
    this.standing =
      prefix === '__Host-' || (isHttps && secure && domain === undefined) ? 'host only' : 'scoped';
    this.name = (this.standing === 'host only' ? '__Host-' : prefix) + oidcName;
  }

  /** Two of the name count as none. */
  read(request: HttpRequest): string | undefined {
    const cookie = presentedCookie(request, this.name);
    return cookie.kind === 'value' ? cookie.value : undefined;
  }

  set(response: HttpResponse, value: string, maxAge: number): void {
    const { domain, secure } = this.options.cookies;
    const path = this.standing === 'host only' ? '/' : this.scoped.refreshPath;
    const { name } = this;
    const attributes = { httpOnly: true, maxAge, domain, path, secure, sameSite: 'lax' } as const;
    const line = stringifySetCookie({ name, value, ...attributes }, { encode: String });
    this.cookies.write(response, [line]);
  }

  clear(response: HttpResponse): void {
    this.set(response, '', 0);
  }
}
