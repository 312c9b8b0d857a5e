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
import { Clock } from '../../common/clock.js';
import { authToken } from '../../common/instance-token.js';
import { principalOf } from './call-context.js';
import { perRoute } from './per-route.js';
import { PreparesRefusals } from '../http/refused.js';
import { RECENT_AUTH, requirementOf } from './route-metadata.js';

/** Holds `@RecentAuth()`: a credential proof young enough, or 401 that says how young (RFC 9470). Runs after `JwtAuthGuard`. */
@Injectable()
export class RecentAuthGuard implements CanActivate {
  private readonly maxAgeOf = perRoute((context) =>
    requirementOf<number>(this.reflector, RECENT_AUTH, context),
  );

  constructor(
    private readonly reflector: Reflector,
    private readonly clock: Clock,
  ) {}

  /** Of a named instance. */
  static for(instance: string): Type<CanActivate> {
    @Injectable()
    class NamedRecentAuthGuard extends RecentAuthGuard {
      constructor(reflector: Reflector, @Inject(authToken(Clock, instance)) clock: Clock) {
        super(reflector, clock);
      }
    }
    return mixin(NamedRecentAuthGuard);
  }

  @PreparesRefusals()
  canActivate(context: ExecutionContext): boolean {
    const maxAgeSeconds = this.maxAgeOf(context);
    if (maxAgeSeconds === undefined) return true;
    const principal = principalOf(context);
    if (!principal) throw new AuthError('token_missing', 'RecentAuthGuard needs JwtAuthGuard before it');
    const { authTime } = principal;
    if (authTime !== undefined && this.clock.now() / 1000 - authTime <= maxAgeSeconds) return true;
    throw new AuthError('proof_too_old', 'the credential proof is too old', { maxAgeSeconds });
  }
}
