import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthError } from '../../common/auth-error.js';
import { principalOf } from './call-context.js';
import { perRoute } from './per-route.js';
import { PreparesRefusals } from '../http/refused.js';
import { requirementOf, ROLES } from './route-metadata.js';

/** Holds `@Roles()`: one of them, or 403. Runs after `JwtAuthGuard`; without a principal it is 401. */
@Injectable()
export class RolesGuard implements CanActivate {
  private readonly rolesOf = perRoute((context) =>
    requirementOf<readonly string[]>(this.reflector, ROLES, context),
  );

  constructor(private readonly reflector: Reflector) {}

  @PreparesRefusals()
  canActivate(context: ExecutionContext): boolean {
    const roles = this.rolesOf(context);
    if (!roles) return true;
    const principal = principalOf(context);
    if (!principal) throw new AuthError('token_missing', 'RolesGuard needs JwtAuthGuard before it');
    if (principal.role !== undefined && roles.includes(principal.role)) return true;
    throw new AuthError('forbidden', 'the role is missing');
  }
}
