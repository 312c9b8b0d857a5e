import type { ModulesContainer } from '@nestjs/core';
import { methodsOf, type Route } from './route-layers.js';

/** What calls a method, if guards run there. `other`: other metadata, or none. */
export type RouteKind = 'http' | 'rpc' | 'ws' | 'graphql' | 'graphql-field' | 'other';

export interface HostRoute extends Route {
  readonly kind: RouteKind;
  /** `NotesController.list` */
  readonly name: string;
  /** Nest's instance of a guard class that is named in `@UseGuards`. */
  readonly guardOf: (guardClass: object) => object;
}

type HostModule = ModulesContainer extends Map<string, infer M> ? M : never;
type Wrapper = HostModule extends { providers: Map<unknown, infer W> } ? W : never;

const ROOT_FIELDS = new Set<unknown>(['Query', 'Mutation', 'Subscription']);

/** Every method of every controller and provider of the application. Lazily loaded modules have no routes. */
export function* hostRoutes(container: ModulesContainer): Generator<HostRoute> {
  for (const module of container.values())
    for (const wrapper of new Set([...module.controllers.values(), ...module.providers.values()])) {
      const prototype = prototypeOf(wrapper);
      if (!prototype) continue;
      const routeClass = prototype.constructor as { readonly name: string };
      const guardOf = (guard: object): object =>
        (module.injectables.get(guard as never)?.instance as object | undefined) ?? guard;
      for (const [name, handler] of methodsOf(prototype))
        yield {
          handler,
          routeClass,
          kind: kindOf(handler),
          name: `${routeClass.name}.${name}`,
          guardOf,
        };
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

function kindOf(handler: object): RouteKind {
  // most methods have none, and an application has thousands of methods
  if (Reflect.getMetadataKeys(handler).length === 0) return 'other';
  const said = (key: string): unknown => Reflect.getMetadata(key, handler);
  if (said('path') !== undefined) return 'http';
  if (said('microservices:pattern') !== undefined) return 'rpc';
  if (said('websockets:message_mapping') !== undefined) return 'ws';
  const type = said('graphql:resolver_type');
  if (ROOT_FIELDS.has(type)) return 'graphql';
  const isField =
    type !== undefined || said('graphql:resolve_property') || said('graphql:resolve_reference');
  return isField ? 'graphql-field' : 'other';
}
