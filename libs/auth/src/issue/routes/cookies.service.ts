import { Inject, Injectable, Logger } from '@nestjs/common';
import { stringifySetCookie } from 'cookie';
import { AuthError } from '../../common/auth-error.js';
import type { RenewedTokens, IssuedTokens } from '../tokens/issued-tokens.js';
import { accessCookie, MAX_SET_COOKIE_BYTES } from '../../options/cookie-budget.js';
import type { CookieScope } from '../../options/cookie-options.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import {
  appendSetCookies,
  type HttpRequest,
  type HttpResponse,
  requestBehind,
  setHeader,
} from '../../verify/http/adapter.js';
import { DEVICE_ALGORITHMS } from '../devices/device-proof.js';
import { devicePaths } from '../devices/session-instructions.js';
import { CookiePath } from './cookie-path.service.js';
import { cookieValues, presentedCookie } from '../../verify/http/token-extractor.js';

/** The longest that browsers keep a cookie (RFC 6265bis, section 5.5). */
const DEVICE_MAX_AGE_SECONDS = 400 * 86_400;

type Kind = 'access' | 'refresh' | 'device';

/**
 * The only writer of `Set-Cookie`. Its lines are added to the host's own. A cookie that it writes is cleared in every
 * scope of `cookies.formerScopes`. Throws `token_too_large` for a cookie over 4 KiB.
 */
@Injectable()
export class AuthCookies {
  private readonly logger = new Logger('Tokenward');
  private noticed: 'not yet' | 'said' = 'not yet';

  constructor(
    private readonly options: ResolvedAuthOptions,
    @Inject(CookiePath) private readonly scoped: Pick<CookiePath, 'refreshPath' | 'routesPath'>,
  ) {}

  /** For a login: sets the cookies that its transport uses and clears the others. */
  signIn(response: HttpResponse, grant: IssuedTokens): void {
    const lines = this.linesOf(grant);
    if (grant.transport !== 'cookie') lines.push(...this.unlessOthersStay(response, 'access'));
    if (grant.transport === 'bearer') lines.push(...this.unlessOthersStay(response, 'refresh'));
    this.write(response, lines);
    this.offerRegistration(response, grant);
  }

  /** For refresh, password change and reauthentication. The login has chosen the transport. */
  renew(response: HttpResponse, grant: RenewedTokens): void {
    this.write(response, this.linesOf(grant));
  }

  /**
   * Clears the access and refresh cookies of a session that has ended. The device cookie stays, so the device is still
   * known at its next login. `ended: 'all'`: every session named by a cookie of the request has ended. Default `own`:
   * if a cookie came twice, the other one may belong to a live session, so neither is cleared unless both can be.
   */
  clear(response: HttpResponse, ended: 'own' | 'all' = 'own'): void {
    const cleared = (kind: Kind) =>
      ended === 'all' ? this.cleared(kind) : this.unlessOthersStay(response, kind);
    this.write(response, [...cleared('access'), ...cleared('refresh')]);
  }

  /**
   * To be called after a refresh cookie was refused. The loser of a race must not clear the winner's cookies; the
   * flow marks that case with `cookies: 'keep'`.
   */
  clearSpent(request: HttpRequest, response: HttpResponse, error: unknown): void {
    if (
      !(error instanceof AuthError) ||
      error.getStatus() !== 401 ||
      error.extra.cookies === 'keep'
    )
      return;
    const { kind } = presentedCookie(request, this.options.cookies.refreshName);
    if (kind === 'value') this.clear(response);
    if (kind === 'repeated') this.clearRepeated(response);
  }

  /** Clears each cookie that came twice, but only if every copy of it can be cleared. */
  clearRepeated(response: HttpResponse): void {
    const kinds = (['access', 'refresh'] as const).filter(
      (kind) => this.timesSent(response, kind) > 1,
    );
    this.write(
      response,
      kinds.flatMap((kind) => this.unlessOthersStay(response, kind)),
    );
  }

  /**
   * Browsers with Device Bound Session Credentials (W3C draft) bind the session to a key of their own; others ignore
   * the header.
   */
  private offerRegistration(
    response: HttpResponse,
    { registrationChallenge: challenge }: IssuedTokens,
  ): void {
    if (challenge === undefined) return;
    const path = devicePaths(this.scoped.routesPath).registration;
    const algorithms = DEVICE_ALGORITHMS.join(' ');
    setHeader(
      response,
      'Secure-Session-Registration',
      `(${algorithms});path="${path}";challenge="${challenge}"`,
    );
  }

  private linesOf(grant: RenewedTokens): string[] {
    const lines: string[] = [];
    const set = (kind: Kind, value: string, maxAge: number | undefined): void => {
      lines.push(this.line(kind, value, maxAge), ...this.clearedFormerly(kind));
    };
    if (grant.transport === 'cookie')
      set('access', grant.accessToken, grant.accessExpiresInSeconds);
    if (grant.transport !== 'bearer') {
      const maxAge = grant.persistence === 'persistent' ? grant.refreshMaxAgeSeconds : undefined;
      if (grant.refreshToken !== undefined) set('refresh', grant.refreshToken, maxAge);
      if (grant.deviceToken) set('device', grant.deviceToken, DEVICE_MAX_AGE_SECONDS);
    }
    return lines;
  }

  /**
   * Empty if a cookie of this name could remain: cleared in one scope only, the copy in another scope would take its
   * place.
   */
  private unlessOthersStay(response: HttpResponse, kind: Kind): readonly string[] {
    const lines = this.cleared(kind);
    const times = this.timesSent(response, kind);
    if (times < 2 || times <= lines.length) return lines;
    this.noticeKept(kind, times);
    return [];
  }

  /** After a change of scope, users are refused until the old cookie is gone, and only the host knows the old scope. */
  private noticeKept(kind: Kind, times: number): void {
    if (this.noticed === 'said') return;
    this.noticed = 'said';
    this.logger.warn(
      `${String(times)} cookies named ${this.options.cookies[`${kind}Name`]} came with one request, and Tokenward cannot clear any of them. If cookies.domain, cookies.accessPath or cookies.refreshPath was changed, name the former scopes in cookies.formerScopes; otherwise another host of the domain sets cookies of this name.`,
    );
  }

  private timesSent(response: HttpResponse, kind: Kind): number {
    const request = requestBehind(response);
    return request ? cookieValues(request, this.options.cookies[`${kind}Name`]).length : 0;
  }

  private cleared(kind: Kind): string[] {
    return [this.line(kind, '', 0), ...this.clearedFormerly(kind)];
  }

  private clearedFormerly(kind: Kind): string[] {
    const { cookies } = this.options;
    const present = this.presentScope(kind);
    const former = cookies.formerScopes.map(({ domain, path = present.path }) => ({
      domain,
      path,
    }));
    const isHostOnly = cookies[`${kind}Name`].startsWith('__Host-');
    const lines = former
      // browsers reject such a line under this prefix (RFC 6265bis, section 4.1.3.2), so such a cookie cannot exist
      .filter(({ domain, path }) => !isHostOnly || (domain === undefined && path === '/'))
      .filter((scope) => keyOf(scope) !== keyOf(present))
      .map((scope) => this.line(kind, '', 0, scope));
    return [...new Set(lines)];
  }

  private presentScope(kind: Kind): CookieScope {
    const { domain, accessPath } = this.options.cookies;
    return { domain, path: kind === 'access' ? accessPath : this.scoped.refreshPath };
  }

  private line(
    kind: Kind,
    value: string,
    maxAge: number | undefined,
    scope = this.presentScope(kind),
  ): string {
    if (kind === 'access') return accessCookie(this.options, value, maxAge ?? 0, scope);
    const name = this.options.cookies[`${kind}Name`];
    const { secure } = this.options.cookies;
    const attributes = { httpOnly: true, maxAge, ...scope, secure, sameSite: 'strict' } as const;
    return stringifySetCookie({ name, value, ...attributes }, { encode: String });
  }

  write(response: HttpResponse, lines: readonly string[]): void {
    if (lines.length === 0) return;
    // a browser silently drops a larger cookie, which signs the user out
    if (lines.some((line) => Buffer.byteLength(line) > MAX_SET_COOKIE_BYTES))
      throw new AuthError(
        'token_too_large',
        'a cookie would exceed 4096 bytes; put fewer claims into the token',
      );
    appendSetCookies(response, lines);
  }
}

/** A leading dot means nothing (RFC 6265, section 5.2.3). */
function keyOf({ domain, path }: CookieScope): string {
  return `${domain?.replace(/^\./, '').toLowerCase() ?? ''} ${path ?? ''}`;
}
