import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { callerAt } from './call-context.js';
import { PreparesRefusals } from '../http/refused.js';
import { perRoute } from './per-route.js';
import { isPublic, letsNobodyIn, requirementsOf } from './route-metadata.js';
import { routeOf } from './route-layers.js';

/** Where Nest keeps what `@UseGuards` and `@UseInterceptors` name. */
export const GUARDS = '__guards__';
export const INTERCEPTORS = '__interceptors__';

/**
 * The last guard of a remote call that carries a requirement. Whether a microservice of a hybrid application runs the global guards
 * (`inheritAppConfig`) nobody can see at boot, so each call is looked at: without a caller whom `JwtAuthGuard` let in it is 401.
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
    if (this.asks(context)) callerAt(context, 'a remote call with a requirement (inheritAppConfig: true?)');
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
