import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { callerAt } from './call-context.js';
import { type Holding, HOLDS } from './holds.js';
import { perRoute } from './per-route.js';
import { PreparesRefusals } from '../http/refused.js';
import { requirementOf, ROLES } from './route-metadata.js';

/**
 * Checks `@Roles()` after a guard of the host that calls `JwtAuthGuard`: one of them, or 403. Without a principal it
 * is 401.
 */
@Injectable()
export class RolesGuard implements CanActivate {
  static readonly [HOLDS]: Holding = ROLES.key;

  private readonly rolesOf = perRoute((context) => requirementOf(ROLES, context));

  @PreparesRefusals()
  canActivate(context: ExecutionContext): boolean {
    const roles = this.rolesOf(context);
    if (roles) ROLES.check(callerAt(context, 'RolesGuard'), roles, 0);
    return true;
  }
}
