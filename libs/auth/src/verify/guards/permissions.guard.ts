import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { callerAt } from './call-context.js';
import { type Holding, HOLDS } from './holds.js';
import { perRoute } from './per-route.js';
import { PreparesRefusals } from '../http/refused.js';
import { PERMISSIONS, requirementOf } from './route-metadata.js';

/**
 * Checks `@Permissions()` after a guard of the host that calls `JwtAuthGuard`: all of them, or 403. Without a
 * principal it is 401.
 */
@Injectable()
export class PermissionsGuard implements CanActivate {
  static readonly [HOLDS]: Holding = PERMISSIONS.key;

  private readonly permissionsOf = perRoute((context) => requirementOf(PERMISSIONS, context));

  @PreparesRefusals()
  canActivate(context: ExecutionContext): boolean {
    const permissions = this.permissionsOf(context);
    if (permissions) PERMISSIONS.check(callerAt(context, 'PermissionsGuard'), permissions, 0);
    return true;
  }
}
