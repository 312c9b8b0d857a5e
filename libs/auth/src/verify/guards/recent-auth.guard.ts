import { type CanActivate, type ExecutionContext, Injectable, type Type } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { callerAt } from './call-context.js';
import { type Holding, HOLDS } from './holds.js';
import { namedGuard } from './named-guard.js';
import { perRoute } from './per-route.js';
import { PreparesRefusals } from '../http/refused.js';
import { RECENT_AUTH, requirementOf } from './route-metadata.js';

/**
 * Checks `@RecentAuth()` after a guard of the host that calls `JwtAuthGuard`: a recent enough proof, or 401 with
 * `max_age` (RFC 9470).
 */
@Injectable()
export class RecentAuthGuard implements CanActivate {
  static readonly [HOLDS]: Holding = RECENT_AUTH.key;

  private readonly askedOf = perRoute((context) => requirementOf(RECENT_AUTH, context));

  constructor(private readonly clock: Clock) {}

  /** The guard of a named instance. */
  static for(instance: string): Type<CanActivate> {
    return namedGuard(RecentAuthGuard, Clock, instance);
  }

  @PreparesRefusals()
  canActivate(context: ExecutionContext): boolean {
    const asked = this.askedOf(context);
    if (asked) RECENT_AUTH.check(callerAt(context, 'RecentAuthGuard'), asked, this.clock.now());
    return true;
  }
}
