import type { ModulesContainer } from '@nestjs/core';
import { methodsOf, type Route } from './route-layers.js';

/**
 * What calls a method, if guards run there. `other`: metadata of another package, whose calls may have guards.
 * `method`: nothing that runs guards (a service, `handleConnection` of a gateway, `@OnEvent`, `@Cron`, a queue).
 */
export type RouteKind = 'http' | 'rpc' | 'ws' | 'graphql' | 'graphql-field' | 'other' | 'method';

export interface HostRoute extends Route {
  readonly routeClass: { readonly name: string; readonly prototype: object };
  readonly kind: RouteKind;
  /** `NotesController.list` */
  readonly name: string;
  readonly method: string;
  /** The function that Nest calls, and whose guards it runs; not the handler where the instance has one of its own. */
  readonly called: object;
  /** Nest's instance of a guard class that is named in `@UseGuards`. */
  readonly guardOf: (guardClass: object) => object;
}

type HostModule = ModulesContainer extends Map<string, infer M> ? M : never;
type Wrapper = HostModule extends { providers: Map<unknown, infer W> } ? W : never;

/** Metadata that makes nothing call a method: of Tokenward, TypeScript, OpenAPI, and Nest's enhancers. */
const SAYS_NO_CALLER =
  /^(?:tokenward:|design:|swagger\/|__(?:guards|interceptors|pipes|exceptionFilters)__$)/;
/**
 * `@OnEvent`, `@Cron` and their like, the queues of @nestjs/bull and @nestjs/bullmq, of SQS, activities of Temporal,
 * procedures of nestjs-trpc, and tools for language models (version 1 of @rekog/mcp-nest; in version 2 they are remote
 * calls): none of them runs guards.
 */
const CALLED_UNGUARDED =
  /^(?:EVENT_LISTENER_METADATA|SCHEDULE|bull|mcp:|_temporal_|Symbol\((?:SQS_|trpc:))/;
const ROOT_FIELDS = new Set<unknown>(['Query', 'Mutation', 'Subscription']);

/** Every method of every controller and provider of the application. Lazily loaded modules have no routes. */
export function* hostRoutes(container: ModulesContainer): Generator<HostRoute> {
  for (const module of container.values())
    for (const wrapper of new Set([...module.controllers.values(), ...module.providers.values()])) {
      const prototype = prototypeOf(wrapper);
      if (!prototype) continue;
      const routeClass = prototype.constructor as HostRoute['routeClass'];
      const guardOf = (guard: object): object =>
        (module.injectables.get(guard as never)?.instance as object | undefined) ?? guard;
      for (const [method, handler] of methodsOf(prototype)) {
        const kind = kindOf(handler);
        yield {
          handler,
          called: calledAs(kind, method, wrapper) ?? handler,
          routeClass,
          kind,
          name: `${routeClass.name}.${method}`,
          method,
          guardOf,
        };
      }
    }
}

/**
 * The prototype of the created instance and not of the declared class: a factory may return a resolver, and a test
 * may replace one.
 */
function prototypeOf({ instance, metatype, isNotMetatype, inject }: Wrapper): object | undefined {
  if (typeof instance === 'object' && instance !== null) {
    const prototype = Object.getPrototypeOf(instance) as object | null;
    return prototype && typeof prototype.constructor === 'function' ? prototype : undefined;
  }
  const isClass = typeof metatype === 'function' && !isNotMetatype && !inject;
  return isClass ? (metatype.prototype as object | undefined) : undefined;
}

/** Nest takes the function of HTTP routes and remote calls from the instance, all others from the prototype. */
function calledAs(kind: RouteKind, name: string, { instance }: Wrapper): object | undefined {
  if ((kind !== 'http' && kind !== 'rpc') || typeof instance !== 'object' || instance === null)
    return undefined;
  const value: unknown = Object.getOwnPropertyDescriptor(instance, name)?.value;
  return typeof value === 'function' ? value : undefined;
}

function kindOf(handler: object): RouteKind {
  // most methods have none, and an application has thousands of methods
  if (Reflect.getMetadataKeys(handler).length === 0) return 'method';
  const said = (key: string): unknown => Reflect.getMetadata(key, handler);
  if (said('path') !== undefined) return 'http';
  if (said('microservices:pattern') !== undefined) return 'rpc';
  if (said('websockets:message_mapping') !== undefined) return 'ws';
  const type = said('graphql:resolver_type');
  if (ROOT_FIELDS.has(type)) return 'graphql';
  const isField =
    type !== undefined || said('graphql:resolve_property') || said('graphql:resolve_reference');
  if (isField) return 'graphql-field';
  const keys = Reflect.getMetadataKeys(handler).map(String);
  const isUncalled = keys.every((key) => SAYS_NO_CALLER.test(key));
  return isUncalled || keys.some((key) => CALLED_UNGUARDED.test(key)) ? 'method' : 'other';
}

/**
 * A decorator has made HTTP routes of the method, with the very metadata of it, as @ts-rest/nest does for several
 * routes. Nobody calls the method by itself.
 */
export function becameRoutes(
  { kind, handler, routeClass }: HostRoute,
  routes: readonly HostRoute[],
): boolean {
  if (kind !== 'method') return false;
  const said = Reflect.getMetadataKeys(handler).map((key: unknown) => ({
    key,
    value: Reflect.getMetadata(key, handler) as unknown,
  }));
  // two methods of a class may have the same `true`, but no two decorators make one object
  return (
    said.some(({ value }) => typeof value === 'object') &&
    routes.some(
      (route) =>
        route.kind === 'http' &&
        route.routeClass === routeClass &&
        said.every(({ key, value }) => Reflect.getMetadata(key, route.handler) === value),
    )
  );
}
