import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { callerAt } from './call-context.js';
import { PreparesRefusals } from '../http/refused.js';
import { perRoute } from './per-route.js';
import { isPublic, letsNobodyIn, requirementsOf } from './route-metadata.js';
import { routeOf } from './route-layers.js';

/** Where Nest keeps what `@UseGuards` and `@UseInterceptors` name. */
export const GUARDS = '__guards__';
export const INTERCEPTORS = '__interceptors__';

/** The guards of one call share their context. */
const judged = new WeakSet<ExecutionContext>();

/** `JwtAuthGuard` has held everything that this message of a gateway asks for. */
export function markJudged(context: ExecutionContext): void {
  judged.add(context);
}

/**
 * The last guard of a call that carries a requirement, where only a global guard may hold it. Whether Nest runs global guards there cannot be seen at
 * boot: for a microservice of a hybrid application it does with `inheritAppConfig`, for a gateway since Nest 12. So each call is looked at: where
 * `JwtAuthGuard` let nobody in it is 401.
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
    if (context.getType<string>() !== 'ws')
      callerAt(context, 'a remote call with a requirement (inheritAppConfig: true?)');
    // the socket has a caller from its handshake, whether or not a guard ran
    else if (!judged.has(context))
      throw new AuthError('token_missing', 'no guard ran: @UseGuards(JwtAuthGuard) on the gateway (Nest 11)');
    return true;
  }
}

/** As the decorator would have, behind what is there; once, however many applications have the class. */
export function appendTo(handler: object, key: string, enhancer: object): void {
  const there = (Reflect.getMetadata(key, handler) as readonly object[] | undefined) ?? [];
  if (!there.includes(enhancer)) Reflect.defineMetadata(key, [...there, enhancer], handler);
}

/** What an application put there, once it is closed. */
export function takeFrom(handler: object, key: string, enhancer: object): void {
  const there = (Reflect.getMetadata(key, handler) as readonly object[] | undefined) ?? [];
  Reflect.defineMetadata(
    key,
    there.filter((each) => each !== enhancer),
    handler,
  );
}
