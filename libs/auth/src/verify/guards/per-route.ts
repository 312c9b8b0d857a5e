import type { ExecutionContext } from '@nestjs/common';

/**
 * Reads the decorators of a route once: metadata does not change, and reading it costs more than the rest of a guard.
 * Cached by handler and class, because a handler may be inherited.
 */
export function perRoute<T>(
  read: (context: ExecutionContext) => T,
): (context: ExecutionContext) => T {
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
