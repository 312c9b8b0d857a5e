import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { httpRequestOf } from '../guards/call-context.js';
import { judgeOrigin } from './origin-policy.js';
import { PreparesRefusals } from './refused.js';

/**
 * Refuses login, registration, refresh and logout from another site, with or without a cookie, because their answers
 * set or clear cookies in any case. For HTTP and GraphQL.
 */
@Injectable()
export class OriginGuard implements CanActivate {
  constructor(private readonly options: ResolvedAuthOptions) {}

  @PreparesRefusals()
  canActivate(context: ExecutionContext): boolean {
    const request = httpRequestOf(context, 'OriginGuard');
    if (judgeOrigin(request, this.options.origins) === 'passes') return true;
    throw new AuthError('cross_origin', 'a sign-in route was called from another origin');
  }
}
