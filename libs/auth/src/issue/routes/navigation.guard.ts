import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { headerValues, type HttpRequest } from '../../verify/http/adapter.js';
import { judgeOrigin, normaliseOrigin } from '../../verify/http/origin-policy.js';
import { PreparesRefusals } from '../../verify/http/refused.js';

/**
 * For a sign-in that begins with a navigation. Browsers send no `Origin` with one, so a trusted origin is recognised
 * by `Referer`.
 */
@Injectable()
export class NavigationGuard implements CanActivate {
  constructor(private readonly options: ResolvedAuthOptions) {}

  @PreparesRefusals()
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const { origins } = this.options;
    if (judgeOrigin(request, origins) === 'passes') return true;
    const [referer = '', ...others] = headerValues(request, 'referer');
    const from = others.length === 0 && URL.canParse(referer) ? new URL(referer).origin : undefined;
    const origin = from && normaliseOrigin(from);
    if (origin && headerValues(request, 'origin').length === 0 && origins.trusted.has(origin))
      return true;
    throw new AuthError('cross_origin', 'a sign-in route was called from another origin');
  }
}
