import type { ExecutionContext } from '@nestjs/common';

/** A handler of a class. A handler that several classes inherit is a route of each. */
export interface Route {
  readonly handler: object;
  readonly routeClass: object;
}

/** The handlers and classes whose decorators apply to a route, the nearest first. */
export interface Layers {
  /** The handler, then those of parent classes that it overrides. */
  readonly handlers: readonly object[];
  /** The class, then the classes that it extends. */
  readonly classes: readonly object[];
  readonly all: readonly object[];
}

export function routeOf(context: ExecutionContext): Route {
  return { handler: context.getHandler(), routeClass: context.getClass() };
}

export function layersOf({ handler, routeClass }: Route): Layers {
  const classes = chainOf(routeClass).filter((each) => each !== Function.prototype);
  const handlers = [...new Set([handler, ...overriddenBy(handler, routeClass)])];
  return { handlers, classes, all: [...handlers, ...classes] };
}

/** The nearest metadata under `key`. */
export function saidBy<T>(layers: readonly object[], key: string): T | undefined {
  for (const layer of layers) {
    const said = Reflect.getOwnMetadata(key, layer) as T | undefined;
    if (said !== undefined) return said;
  }
  return undefined;
}

/** Methods with their names, those of parent classes included; accessors are not called. */
export function methodsOf(prototype: object): ReadonlyMap<string, object> {
  const methods = new Map<string, object>();
  for (const each of chainOf(prototype)) {
    if (each === Object.prototype) continue;
    for (const name of Object.getOwnPropertyNames(each)) {
      if (name === 'constructor' || methods.has(name)) continue;
      const value: unknown = Object.getOwnPropertyDescriptor(each, name)?.value;
      if (typeof value === 'function') methods.set(name, value);
    }
  }
  return methods;
}

/**
 * Nest passes a function without its name in the class, and a decorator may have replaced it by a function of another
 * name.
 */
function overriddenBy(handler: object, routeClass: object): readonly object[] {
  const { prototype } = routeClass as { readonly prototype?: object };
  if (!prototype) return [];
  const { name } = handler as { readonly name: string };
  const named = methodsNamed(name, prototype);
  if (named[0] === handler) return named;
  const found = [...methodsOf(prototype)].find(([, method]) => method === handler);
  return found ? methodsNamed(found[0], prototype) : named;
}

function methodsNamed(name: string, prototype: object): readonly object[] {
  return chainOf(prototype).flatMap((each) => {
    const value: unknown = Object.getOwnPropertyDescriptor(each, name)?.value;
    return typeof value === 'function' && each !== Object.prototype ? [value] : [];
  });
}

function chainOf(start: object): readonly object[] {
  const chain: object[] = [];
  for (let each: object | null = start; each; each = Object.getPrototypeOf(each) as object | null)
    chain.push(each);
  return chain;
}
