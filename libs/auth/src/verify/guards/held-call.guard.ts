import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { PreparesRefusals } from '../http/refused.js';
import { perRoute } from './per-route.js';
import { isPublic, letsNobodyIn, requirementsOf } from './route-metadata.js';
import { routeOf } from './route-layers.js';

/** Where Nest keeps what `@UseGuards` and `@UseInterceptors` name. */
export const GUARDS = '__guards__';
export const INTERCEPTORS = '__interceptors__';

/** The guards of one call share their context. */
const judged = new WeakSet<ExecutionContext>();

const NO_GUARD_RAN = {
  ws: 'no guard ran: @UseGuards(JwtAuthGuard) on the gateway (Nest 11)',
  rpc: 'no guard ran: @UseGuards(JwtAuthGuard) on the remote call, or inheritAppConfig: true',
};

/** Records that `JwtAuthGuard` has checked every requirement of this message. */
export function markJudged(context: ExecutionContext): void {
  judged.add(context);
}

/**
 * The last guard of a call with a requirement that only a global guard may check. At boot Tokenward cannot see
 * whether Nest runs global guards there: for a microservice of a hybrid application only with `inheritAppConfig`, for
 * a gateway only since Nest 12. So each call is checked: if `JwtAuthGuard` accepted no caller, it is 401.
 */
@Injectable()
export class HeldCallGuard implements CanActivate {
  static readonly only = new HeldCallGuard();
  private readonly asks = perRoute((context) => {
    const demands = requirementsOf(routeOf(context));
    return demands.length > 0 && !isPublic(context) && !letsNobodyIn(demands);
  });

  @PreparesRefusals()
  canActivate(context: ExecutionContext): boolean {
    if (!this.asks(context)) return true;
    // a socket has a caller from its handshake, and an event one from another of its handlers
    if (judged.has(context)) return true;
    throw new AuthError('token_missing', NO_GUARD_RAN[context.getType() === 'ws' ? 'ws' : 'rpc']);
  }
}

/** Appends like the decorator, after existing entries, and only once even if several applications have the class. */
export function appendTo(handler: object, key: string, enhancer: object): void {
  const there = (Reflect.getMetadata(key, handler) as readonly object[] | undefined) ?? [];
  if (!there.includes(enhancer)) Reflect.defineMetadata(key, [...there, enhancer], handler);
}

/** Removes what an application appended, when it is closed. */
export function takeFrom(handler: object, key: string, enhancer: object): void {
  const there = (Reflect.getMetadata(key, handler) as readonly object[] | undefined) ?? [];
  Reflect.defineMetadata(
    key,
    there.filter((each) => each !== enhancer),
    handler,
  );
}
