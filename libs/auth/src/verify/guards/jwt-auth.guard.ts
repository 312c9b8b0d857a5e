import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  mixin,
  type Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthError } from '../../common/auth-error.js';
import { authToken } from '../../common/instance-token.js';
import type { AuthenticateOptions } from '../authenticate.js';
import { carrierOf, principalOf, requestOf, setPrincipal } from './call-context.js';
import { JwtStrategy } from '../http/jwt.strategy.js';
import { perRoute } from './per-route.js';
import { PreparesRefusals } from '../http/refused.js';
import { INSTANCE, isPublic, isStrict } from './route-metadata.js';

/**
 * An access token, or 401. For single routes with `@UseGuards`, or for all with `APP_GUARD` and `@Public()` where none is needed. The same on
 * HTTP, GraphQL, remote calls and sockets (which `LiveSockets` has signed in). Answers synchronously while no store has to be asked.
 */
@Injectable()
export class JwtAuthGuard implements CanActivate {
  private readonly routeOf = perRoute((context) => ({
    unguarded: isPublic(this.reflector, context) || this.isOfAnother(context),
    options: isStrict(this.reflector, context) ? ({ strictness: 'strict' } as const) : undefined,
  }));

  constructor(
    private readonly strategy: JwtStrategy,
    private readonly reflector: Reflector,
  ) {}

  /** The guard of a named instance: `@UseGuards(JwtAuthGuard.for('staff'))`. */
  static for(instance: string): Type<CanActivate> {
    @Injectable()
    class NamedJwtAuthGuard extends JwtAuthGuard {
      constructor(@Inject(authToken(JwtStrategy, instance)) strategy: JwtStrategy, reflector: Reflector) {
        super(strategy, reflector);
      }
    }
    return mixin(NamedJwtAuthGuard);
  }

  @PreparesRefusals()
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const { unguarded, options } = this.routeOf(context);
    if (unguarded) return true;
    if (context.getType<string>() === 'ws') return this.messageOf(context, options);
    const request = requestOf(context);
    const carrier = carrierOf(context);
    if (!request || !carrier)
      throw new AuthError('token_missing', `nothing brings a token in a ${context.getType<string>()} call`);
    const outcome = this.strategy.authenticateRequest(request, options);
    if (!(outcome instanceof Promise)) {
      setPrincipal(carrier, outcome);
      return true;
    }
    return outcome.then((principal) => {
      setPrincipal(carrier, principal);
      return true;
    });
  }

  /** `@AuthInstance` brings the guard of the instance that it names: one that is global has nothing to say there. */
  private isOfAnother(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    const owner = this.reflector.getAllAndOverride<string | undefined>(INSTANCE, targets);
    return owner !== undefined && owner !== this.strategy.instance;
  }

  /** A socket was signed in before; what was revoked since counts for each message. */
  private messageOf(context: ExecutionContext, options?: AuthenticateOptions): boolean | Promise<boolean> {
    const principal = principalOf(context);
    if (!principal) throw new AuthError('token_missing', 'the socket is not signed in: LiveSockets.open');
    const outcome = this.strategy.recheck(principal, options);
    return outcome instanceof Promise ? outcome.then(() => true) : true;
  }
}
