import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthError } from '../../common/auth-error.js';
import { principalOf } from './call-context.js';
import { perRoute } from './per-route.js';
import { PreparesRefusals } from '../http/refused.js';
import { PERMISSIONS, requirementOf } from './route-metadata.js';

/** Holds `@Permissions()`: all of them, or 403. Runs after `JwtAuthGuard`; without a principal it is 401. */
@Injectable()
export class PermissionsGuard implements CanActivate {
  private readonly permissionsOf = perRoute((context) =>
    requirementOf<readonly string[]>(this.reflector, PERMISSIONS, context),
  );

  constructor(private readonly reflector: Reflector) {}

  @PreparesRefusals()
  canActivate(context: ExecutionContext): boolean {
    const permissions = this.permissionsOf(context);
    if (!permissions) return true;
    const principal = principalOf(context);
    if (!principal) throw new AuthError('token_missing', 'PermissionsGuard needs JwtAuthGuard before it');
    if (permissions.every((each) => principal.permissions.includes(each))) return true;
    throw new AuthError('forbidden', 'a permission is missing');
  }
}
