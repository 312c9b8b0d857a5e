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

/** All presented tokens that name a session. */
export interface AllPresented {
  readonly accessTokens: readonly string[];
  readonly refreshTokens: readonly string[];
}

/** The tokens and ids in a request, by the configured names of the cookies. */
@Injectable()
export class PresentedTokens {
  constructor(private readonly options: ResolvedAuthOptions) {}

  accessToken(request: HttpRequest): PresentedToken {
    return presentedAccessToken(
      request,
      this.options.cookies.accessName,
      undefined,
      this.dpopScheme,
    );
  }

  refreshCookie(request: HttpRequest): PresentedCookie {
    return presentedCookie(request, this.options.cookies.refreshName);
  }

  /**
   * The refresh token that decides: the cookie if there is one, otherwise the body. Two cookies of the name throw
   * `token_refused`.
   */
  refreshToken(request: HttpRequest, inBody: string | undefined): PresentedRefresh | undefined {
    const cookie = this.refreshCookie(request);
    switch (cookie.kind) {
      case 'value': {
        const accessCookies = this.accessCookies(request);
        return {
          value: cookie.value,
          source: 'cookie',
          ...(accessCookies.length > 0 && { accessCookies }),
        };
      }
      case 'repeated':
        throw new AuthError('token_refused', 'two refresh cookies');
      case 'none':
        return inBody ? { value: inBody, source: 'body' } : undefined;
    }
  }

  /** For logout, where every token that names a session ends that session. */
  all(request: HttpRequest, inBody: string | undefined): AllPresented {
    const bearer = presentedBearer(request, this.dpopScheme);
    const refresh = cookieValues(request, this.options.cookies.refreshName);
    return {
      accessTokens: [
        ...this.accessCookies(request),
        ...(bearer.kind === 'token' ? [bearer.value] : []),
      ],
      refreshTokens: [...refresh, inBody ?? ''].filter((value) => value !== ''),
    };
  }

  private get dpopScheme(): DpopScheme {
    return this.options.dpop ? 'read' : 'ignored';
  }

  /** The non-empty values of all access cookies. */
  accessCookies(request: HttpRequest): readonly string[] {
    return cookieValues(request, this.options.cookies.accessName).filter((value) => value !== '');
  }

  /** An ambiguous device counts as unknown. */
  device(request: HttpRequest, inBody: string | undefined): string | undefined {
    const cookie = presentedCookie(request, this.options.cookies.deviceName);
    return cookie.kind === 'value' ? cookie.value : inBody;
  }
}
