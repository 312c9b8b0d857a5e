import { Injectable } from '@nestjs/common';
import { stringifySetCookie } from 'cookie';
import { AuthError } from '../../common/auth-error.js';
import type { IssuedTokens } from '../tokens/issued-tokens.js';
import { accessCookie, MAX_SET_COOKIE_BYTES } from '../../options/cookie-budget.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { appendSetCookies, type HttpResponse } from '../../verify/http/adapter.js';

/** The longest that browsers keep a cookie (RFC 6265bis, section 5.5). */
const DEVICE_MAX_AGE_SECONDS = 400 * 86_400;

/** The only writer of `Set-Cookie`. Lines are added to the host's own. Throws `token_too_large` past 4 KiB a cookie. */
@Injectable()
export class AuthCookies {
  constructor(private readonly options: ResolvedAuthOptions) {}

  /** A login: sets what its transport uses and clears what it does not. */
  signIn(response: HttpResponse, grant: IssuedTokens): void {
    const lines = this.linesOf(grant);
    if (grant.transport !== 'cookie') lines.push(this.access('', 0));
    if (grant.transport === 'bearer') lines.push(this.refresh('', 0));
    this.write(response, lines);
  }

  /** Refresh, password change, reauthentication: the transport was settled by the login. */
  renew(response: HttpResponse, grant: IssuedTokens): void {
    this.write(response, this.linesOf(grant));
  }

  /** The session is over. The device stays known: its next login is still a known device's. */
  clear(response: HttpResponse): void {
    this.write(response, [this.access('', 0), this.refresh('', 0)]);
  }

  private linesOf(grant: IssuedTokens): string[] {
    const lines: string[] = [];
    if (grant.transport === 'cookie')
      lines.push(this.access(grant.accessToken, grant.accessExpiresInSeconds));
    if (grant.transport !== 'bearer') {
      const maxAge = grant.persistence === 'persistent' ? grant.refreshMaxAgeSeconds : undefined;
      lines.push(this.refresh(grant.refreshToken, maxAge));
      if (grant.deviceToken) lines.push(this.device(grant.deviceToken));
    }
    return lines;
  }

  private access(value: string, maxAgeSeconds: number): string {
    return accessCookie(this.options, value, maxAgeSeconds);
  }

  private refresh(value: string, maxAgeSeconds: number | undefined): string {
    return this.scoped(this.options.cookies.refreshName, value, maxAgeSeconds);
  }

  private device(value: string): string {
    return this.scoped(this.options.cookies.deviceName, value, DEVICE_MAX_AGE_SECONDS);
  }

  private scoped(name: string, value: string, maxAge: number | undefined): string {
    const { refreshPath: path, domain, secure } = this.options.cookies;
    const attributes = { httpOnly: true, maxAge, path, domain, secure, sameSite: 'strict' } as const;
    return stringifySetCookie({ name, value, ...attributes }, { encode: String });
  }

  private write(response: HttpResponse, lines: readonly string[]): void {
    if (lines.length === 0) return;
    // a browser drops a larger one without a word, and the user is signed out
    if (lines.some((line) => Buffer.byteLength(line) > MAX_SET_COOKIE_BYTES))
      throw new AuthError(
        'token_too_large',
        'a cookie would exceed 4096 bytes; put fewer claims into the token',
      );
    appendSetCookies(response, lines);
  }
}
