import type { ExecutionContext } from '@nestjs/common';

/**
 * What the decorators say of a route, read once: metadata is fixed when its class is, and reading it costs more than the rest of a guard.
 * By handler and class, since a handler may be inherited.
 */
export function perRoute<T>(read: (context: ExecutionContext) => T): (context: ExecutionContext) => T {
  const known = new WeakMap<object, WeakMap<object, { readonly facts: T }>>();
  return (context) => {
    const handler = context.getHandler();
    const routeClass = context.getClass();
    let ofHandler = known.get(handler);
    if (!ofHandler) known.set(handler, (ofHandler = new WeakMap()));
    let route = ofHandler.get(routeClass);
    if (!route) ofHandler.set(routeClass, (route = { facts: read(context) }));
    return route.facts;
  };
}
