import { type CanActivate, type ExecutionContext, Injectable, type Type } from '@nestjs/common';
import { AuthenticateFlow } from '../../verify/authenticate.js';
import { callerAt, isNobody } from '../../verify/guards/call-context.js';
import { namedGuard } from '../../verify/guards/named-guard.js';
import { perRoute } from '../../verify/guards/per-route.js';
import { PreparesRefusals } from '../../verify/http/refused.js';
import { routeOf } from '../../verify/guards/route-layers.js';
import { isPublic, letsNobodyIn, requirementsOf } from '../../verify/guards/route-metadata.js';

/**
 * The authoritative check: one query on the primary database, after `JwtAuthGuard`. Answers 401 if
 * the token, its session, its key or its user was revoked, if the session has ended, if the user is
 * disabled or gone, or if the token version, the role or the permissions in the token differ from
 * the database. Answers 503 if the database cannot be asked. Under `@OptionalAuth` it admits a
 * request that `JwtAuthGuard` found to be anonymous.
 */
@Injectable()
export class TokenVersionGuard implements CanActivate {
  private readonly isPublic = perRoute(isPublic);
  private readonly isOptional = perRoute((context) =>
    letsNobodyIn(requirementsOf(routeOf(context))),
  );

  constructor(private readonly flow: AuthenticateFlow) {
    flow.assertCanConfirm('TokenVersionGuard');
  }

  /** The guard of a named instance. */
  static for(instance: string): Type<CanActivate> {
    return namedGuard(TokenVersionGuard, AuthenticateFlow, instance);
  }

  @PreparesRefusals()
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (this.isPublic(context) || (isNobody(context) && this.isOptional(context))) return true;
    return this.flow.confirm(callerAt(context, 'TokenVersionGuard')).then(() => true);
  }
}
