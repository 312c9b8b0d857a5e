import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthError } from '../common/auth-error.js';
import { requestOf, setPrincipal } from './execution.js';
import { JwtStrategy } from './jwt.strategy.js';
import { isPublic, isStrict } from './requirements.js';

/**
 * An access token, or 401. For single routes with `@UseGuards`, or for all with `APP_GUARD` and `@Public()` where none is needed. Answers
 * synchronously while no store has to be asked.
 */
@Injectable()
export class JwtAuthGuard implements CanActivate {
  constructor(
    private readonly strategy: JwtStrategy,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (isPublic(this.reflector, context)) return true;
    const request = requestOf(context);
    if (!request)
      throw new AuthError('token_missing', `no HTTP request in a ${context.getType<string>()} call`);
    const options = isStrict(this.reflector, context) ? ({ strictness: 'strict' } as const) : undefined;
    const outcome = this.strategy.authenticateRequest(request, options);
    if (!(outcome instanceof Promise)) {
      setPrincipal(request, outcome);
      return true;
    }
    return outcome.then((principal) => {
      setPrincipal(request, principal);
      return true;
    });
  }
}
