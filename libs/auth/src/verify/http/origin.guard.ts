import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { HttpRequest } from './adapter.js';
import { isUnsafe, judgeOrigin } from './origin-policy.js';
import { PresentedTokens } from './presented-tokens.service.js';
import { PreparesRefusals } from './refused.js';

/** Login, register, refresh and logout: never for another site, cookie or not. Their answers set or clear cookies, whatever came along. */
@Injectable()
export class OriginGuard implements CanActivate {
  constructor(private readonly options: ResolvedAuthOptions) {}

  @PreparesRefusals()
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    if (judgeOrigin(request, this.options.origins) === 'passes') return true;
    throw new AuthError('cross_origin', 'a sign-in route called from elsewhere');
  }
}

/** Unsafe requests that ride on an access or refresh cookie, whatever that holds: before any 401. */
@Injectable()
export class CookieOriginGuard implements CanActivate {
  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly presented: PresentedTokens,
  ) {}

  @PreparesRefusals()
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    if (!isUnsafe(request) || !this.presented.ridesOnCookie(request)) return true;
    if (judgeOrigin(request, this.options.origins) === 'passes') return true;
    throw new AuthError('cross_origin', 'an unsafe request with a cookie');
  }
}
