import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { PresentedRefresh, PresentedToken } from '../presented-token.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { HttpRequest } from './adapter.js';
import {
  cookieValues,
  type DpopScheme,
  presentedAccessToken,
  presentedBearer,
  type PresentedCookie,
  presentedCookie,
} from './token-extractor.js';

/** Everything that names a session. */
export interface AllPresented {
  readonly accessTokens: readonly string[];
  readonly refreshTokens: readonly string[];
}

/** What a request brings along, by the names the options gave the cookies. */
@Injectable()
export class PresentedTokens {
  constructor(private readonly options: ResolvedAuthOptions) {}

  accessToken(request: HttpRequest): PresentedToken {
    return presentedAccessToken(request, this.options.cookies.accessName, undefined, this.dpopScheme);
  }

  refreshCookie(request: HttpRequest): PresentedCookie {
    return presentedCookie(request, this.options.cookies.refreshName);
  }

  /** The one that decides: a cookie that is there before the body. Two cookies of the name throw `token_refused`. */
  refreshToken(request: HttpRequest, inBody: string | undefined): PresentedRefresh | undefined {
    const cookie = this.refreshCookie(request);
    switch (cookie.kind) {
      case 'value': {
        const accessCookies = this.accessCookies(request);
        return { value: cookie.value, source: 'cookie', ...(accessCookies.length > 0 && { accessCookies }) };
      }
      case 'repeated':
        throw new AuthError('token_refused', 'two refresh cookies');
      case 'none':
        return inBody ? { value: inBody, source: 'body' } : undefined;
    }
  }

  /** For logout, where nothing has to be told apart: what names a session ends it. */
  all(request: HttpRequest, inBody: string | undefined): AllPresented {
    const bearer = presentedBearer(request, this.dpopScheme);
    const refresh = cookieValues(request, this.options.cookies.refreshName);
    return {
      accessTokens: [...this.accessCookies(request), ...(bearer.kind === 'token' ? [bearer.value] : [])],
      refreshTokens: [...refresh, inBody ?? ''].filter((value) => value !== ''),
    };
  }

  private get dpopScheme(): DpopScheme {
    return this.options.dpop ? 'read' : 'ignored';
  }

  /** The values of every cookie of that name that holds one. */
  accessCookies(request: HttpRequest): readonly string[] {
    return cookieValues(request, this.options.cookies.accessName).filter((value) => value !== '');
  }

  /** Of a sign-in at a provider that is under way; two of the name are none. */
  oidc(request: HttpRequest): string | undefined {
    const cookie = presentedCookie(request, this.options.cookies.oidcName);
    return cookie.kind === 'value' ? cookie.value : undefined;
  }

  /** A device that cannot be told for sure is an unknown one. */
  device(request: HttpRequest, inBody: string | undefined): string | undefined {
    const cookie = presentedCookie(request, this.options.cookies.deviceName);
    return cookie.kind === 'value' ? cookie.value : inBody;
  }
}
