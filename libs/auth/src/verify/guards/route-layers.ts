import { type ExecutionContext, SetMetadata } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';

/** A handler of a class. A handler that several classes inherit is a route of each. */
export interface Route {
  readonly handler: object;
  readonly routeClass: object;
}

/** The handlers and classes whose decorators apply to a route, the nearest first. */
export interface Layers {
  /** The handler, and functions that it took the place of in its class. */
  readonly own: readonly object[];
  /** `own`, then the handlers of parent classes that it overrides. */
  readonly handlers: readonly object[];
  /** The class, then the classes that it extends. */
  readonly classes: readonly object[];
  readonly all: readonly object[];
}

export function routeOf(context: ExecutionContext): Route {
  return { handler: context.getHandler(), routeClass: context.getClass() };
}

/** The functions that our decorators were put on, by the name of their method. */
const DECORATED = 'tokenward:decorated';
const ANY_OF_OURS = /^tokenward:/;

/** Functions of instances, and the methods that they took the place of. */
const standIns = new WeakMap<object, object>();

/**
 * Like `SetMetadata`, and kept for the method as well: a decorator above this one may replace the function by one
 * without metadata, and what this one asks for would be lost.
 */
export function say(key: string, value: unknown): MethodDecorator & ClassDecorator {
  const set = SetMetadata(key, value);
  return (target: object, name?: string | symbol, descriptor?: PropertyDescriptor) => {
    if (name === undefined || !descriptor) return void (set as ClassDecorator)(target as never);
    set(target, name, descriptor);
    const there = decoratedAs(target, name);
    Reflect.defineMetadata(DECORATED, [...there, descriptor.value as object], target, name);
  };
}

/** To be called for a function that an instance has in the place of a method, as after `bind`. */
export function standsFor(called: object, method: object): void {
  standIns.set(called, method);
}

export function layersOf({ handler, routeClass }: Route): Layers {
  const classes = chainOf(routeClass).filter((each) => each !== Function.prototype);
  const { replaced, overridden } = methodOf(handler, routeClass);
  const own = [...new Set([handler, ...replaced])];
  const handlers = [...new Set([...own, ...overridden])];
  return { own, handlers, classes, all: [...handlers, ...classes] };
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

interface Method {
  /** Functions of the handler's own class. */
  readonly replaced: readonly object[];
  /** Functions of parent classes. */
  readonly overridden: readonly object[];
}

/**
 * Nest passes a function without its name in the class, and a decorator or the constructor may have replaced it by a
 * function of another name. A function that only has the name of a method counts as one of a parent class, because
 * decorators there may demand something but never open a route.
 */
function methodOf(handler: object, routeClass: object): Method {
  const { prototype } = routeClass as { readonly prototype?: object };
  if (!prototype) return { replaced: [], overridden: [] };
  const method = standIns.get(handler) ?? handler;
  const name = (method as { readonly name: string }).name.replace(/^(?:bound )+/, '');
  const named = functionsNamed(name, prototype);
  if (named[0]?.[0] === method) return { replaced: named[0], overridden: named.slice(1).flat() };
  const methods = methodsOf(prototype);
  const known = [...methods].find(([, each]) => each === method)?.[0];
  if (known === undefined) {
    if (named.length === 0) assertNothingIsLost(routeClass, methods);
    return { replaced: [], overridden: named.flat() };
  }
  const [replaced = [], ...overridden] = functionsNamed(known, prototype);
  return { replaced, overridden: overridden.flat() };
}

/** For the class and each parent class: its function of that name, and those that it took the place of. */
function functionsNamed(name: string, prototype: object): readonly (readonly object[])[] {
  return chainOf(prototype).flatMap((each) => {
    const value: unknown = Object.getOwnPropertyDescriptor(each, name)?.value;
    return typeof value === 'function' && each !== Object.prototype
      ? [[value, ...decoratedAs(each, name)]]
      : [];
  });
}

/** Whether any decorator of ours is on the method, also on a function that was replaced, or that it overrides. */
export function isDecorated(prototype: object, name: string, method: object): boolean {
  const isOurs = (key: unknown): boolean => ANY_OF_OURS.test(String(key));
  return (
    Reflect.getMetadataKeys(method).some(isOurs) || Reflect.hasMetadata(DECORATED, prototype, name)
  );
}

/** Nobody can tell which method of the class an unknown function stands for. */
function assertNothingIsLost(routeClass: object, methods: ReadonlyMap<string, object>): void {
  const { prototype } = routeClass as { readonly prototype: object };
  if (![...methods].some(([name, method]) => isDecorated(prototype, name, method))) return;
  throw AuthError.configuration(
    (routeClass as { readonly name: string }).name,
    'has a function without a name in the place of one of its methods, so nobody can tell what is asked of its caller; do not replace methods in the constructor',
  );
}

function decoratedAs(target: object, name: string | symbol): readonly object[] {
  return (Reflect.getOwnMetadata(DECORATED, target, name) as readonly object[] | undefined) ?? [];
}

function chainOf(start: object): readonly object[] {
  const chain: object[] = [];
  for (let each: object | null = start; each; each = Object.getPrototypeOf(each) as object | null)
    chain.push(each);
  return chain;
}
