import {
  type CanActivate,
  Inject,
  Injectable,
  Logger,
  type OnModuleInit,
  Optional,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { AuthError } from '../../common/auth-error.js';
import { AUTH_INSTANCE, DEFAULT_INSTANCE } from '../../common/instance-token.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { isCachedForAll } from './cached-for-all.js';
import { holdingOf } from './holds.js';
import { becameRoutes, type HostRoute, hostRoutes } from './host-routes.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { refuseLazyLoading } from './lazily-loaded.js';
import { isDecorated, layersOf, standsFor } from './route-layers.js';
import {
  contradictionOf,
  type Demand,
  instanceOf,
  isPublicRoute,
  REQUIREMENTS,
  requirementsOf,
  trustedBy,
} from './route-metadata.js';
import { appendTo, GUARDS, HeldCallGuard } from './held-call.guard.js';

const NAMED = 5;
const LOST_GUARD =
  'has its guard on a function that is not called, because the constructor or another decorator has replaced the method; put @UseGuards(JwtAuthGuard) on the class, or above that decorator';
const IDLE_GUARD =
  'has a guard of Tokenward, and Nest runs no guard there; put it on a route, or check the caller in the method';
const CACHED_FOR_ALL =
  'is cached without a look at the caller, so one user gets the answer of another; extend CacheInterceptor with a trackBy that names the user, or use it on public routes alone';
const UNKNOWN_CALLER =
  'is called by a package that Tokenward does not know, so nobody can tell here whether guards run; call it without a token: it must be refused';
const GRAPHQL_OPTIONS = 'GqlModuleOptions';

/** Of a controller and of a gateway. */
const EDGES = ['path', 'websockets:is_gateway'];

interface GraphqlOptions {
  readonly fieldResolverEnhancers?: readonly string[];
}

/**
 * A requirement that no guard checks would let everybody in, so the boot stops (contract, section 11). Global guards
 * are known when modules are initialised: `APP_GUARD`, and `useGlobalGuards` between `create` and `listen`.
 */
@Injectable()
export class HeldRoutes implements OnModuleInit {
  constructor(
    private readonly container: ModulesContainer,
    private readonly config: ApplicationConfig,
    private readonly adapters: HttpAdapterHost,
    @Inject(JwtAuthGuard) private readonly own: CanActivate,
    private readonly options: ResolvedAuthOptions,
    @Optional() @Inject(AUTH_INSTANCE) private readonly name: string = DEFAULT_INSTANCE,
  ) {
    refuseLazyLoading(container, HeldRoutes);
    // runs before gateways and `connectMicroservice` read the metadata
    for (const route of hostRoutes(container))
      if (this.mayGoUnheld(route)) appendTo(route.handler, GUARDS, HeldCallGuard.only);
  }

  onModuleInit(): void {
    if (!this.serves()) return;
    const problems = new Map<string, string[]>();
    const stops = (problem: string | undefined, name: string): unknown =>
      problem && problems.set(problem, [...(problems.get(problem) ?? []), name]);
    const routes = [...hostRoutes(this.container)];
    for (const route of routes) {
      if (route.called !== route.handler) standsFor(route.called, route.handler);
      const problem = this.problemOf(route) ?? this.idleGuard(route);
      if (problem && !becameRoutes(route, routes)) stops(problem, route.name);
    }
    for (const route of withoutRoutes(routes))
      stops(unguardedClass(route) ?? this.idleClass(route), route.routeClass.name);
    for (const [problem, names] of problems) throw AuthError.configuration(inShort(names), problem);
    this.tellCached(routes);
    this.tellUnknown(routes);
  }

  /** Such a package may run guards, so the boot goes on, also with `strictConfig`. */
  private tellUnknown(routes: readonly HostRoute[]): void {
    const unknown = routes.filter(
      (route) =>
        route.kind === 'other' &&
        !isPublicRoute(route) &&
        (isCalled(route) || this.hasOurs(guardsAt(route.handler))),
    );
    if (unknown.length === 0) return;
    const names = inShort(unknown.map(({ name }) => name));
    new Logger('Tokenward').warn(`${names}: ${UNKNOWN_CALLER}`);
  }

  /** The answer of a guarded route may be the same for everybody, so the boot goes on. */
  private tellCached(routes: readonly HostRoute[]): void {
    const everywhere = [
      ...this.config.getGlobalInterceptors(),
      ...this.config.getGlobalRequestInterceptors().map(({ metatype }) => metatype as object),
    ];
    const cached = routes.filter(
      (route) =>
        isCachedForAll(route, everywhere) &&
        !isPublicRoute(route) &&
        // each instance names its own routes
        this.guardsOf(route).some(
          (guard) => holdingOf(guard, this.container)?.instance === this.name,
        ),
    );
    if (cached.length === 0) return;
    const names = inShort(cached.map(({ name }) => name));
    if (this.options.strictConfig)
      throw AuthError.configuration(names, `${CACHED_FOR_ALL} (strictConfig)`);
    new Logger('Tokenward').warn(`${names}: ${CACHED_FOR_ALL}`);
  }

  /**
   * The route has a requirement that only a global guard may check. A test that has replaced our guard runs without it.
   */
  private mayGoUnheld(route: HostRoute): boolean {
    if (route.kind === 'rpc') return requirementsOf(route).length > 0;
    return (
      route.kind === 'ws' &&
      this.own instanceof JwtAuthGuard &&
      this.unheld(route, namedGuardsOf(route)).length > 0
    );
  }

  /** A standalone application context serves no requests. */
  private serves(): boolean {
    let isMicroservice = false;
    this.container
      .getRpcTargetRegistry()
      .subscribe(() => (isMicroservice = true))
      .unsubscribe();
    return isMicroservice || Boolean(this.adapters.httpAdapter);
  }

  private problemOf(route: HostRoute): string | undefined {
    if (!isCalled(route)) return undefined;
    const contradiction = contradictionOf(route);
    if (contradiction)
      return `is ${contradiction.open} and asks for ${contradiction.requirement.decorator}; take one of them away, or put ${contradiction.open} on the handlers that are`;
    if (isPublicRoute(route)) return undefined;
    if (route.kind === 'method') return unguarded(requirementsOf(route));
    const instance = instanceOf(route);
    const untrusted = this.untrusted(route, instance);
    if (untrusted !== undefined) return untrusted;
    const guards = this.guardsOf(route);
    const open = this.unheld(route, guards);
    const holdsAll = guards.some((guard) => this.holdsEverything(guard, instance));
    if (!holdsAll && this.lostGuards(route).some((guard) => !guards.includes(guard)))
      return LOST_GUARD;
    if (instance !== undefined && !holdsAll)
      return `is of the instance '${instance}', and its guard does not stand in front of it; add @AuthInstance('${instance}')`;
    if (open.length === 0) return undefined;
    return `asks for ${open.join(' and ')}, and no guard of Tokenward stands in front of it; ${cureOf(route)}`;
  }

  /** Nest passes over it in silence, and serves everybody. */
  private idleGuard({ kind, handler }: HostRoute): string | undefined {
    return kind === 'method' && this.hasOurs(guardsAt(handler)) ? IDLE_GUARD : undefined;
  }

  /** `LiveSockets` signs the sockets of a gateway in; a controller without handlers opens nothing. */
  private idleClass({ routeClass }: HostRoute): string | undefined {
    const isEdge = EDGES.some((key) => Reflect.hasMetadata(key, routeClass));
    return !isEdge && this.hasOurs(guardsAt(routeClass)) ? IDLE_GUARD : undefined;
  }

  private hasOurs(guards: readonly object[]): boolean {
    return guards.some((guard) => holdingOf(guard, this.container));
  }

  private untrusted(route: HostRoute, instance = DEFAULT_INSTANCE): string | undefined {
    if (instance !== this.name) return undefined;
    const known = this.options.trustedIssuers.map(({ issuer }) => issuer);
    const named = trustedBy(route);
    if (typeof named === 'function')
      return known.length > 0
        ? undefined
        : 'chooses an issuer by a function in @TrustIssuers, and trustedIssuers has none; add those that it may choose';
    const unknown = named?.find((each) => !known.includes(each));
    if (unknown === undefined) return undefined;
    return `names the issuer ${unknown} in @TrustIssuers, and trustedIssuers has none of that name; add it there, or correct it here`;
  }

  /** The decorators whose requirements none of these guards checks. */
  private unheld(route: HostRoute, guards: readonly object[]): readonly string[] {
    const instance = instanceOf(route);
    if (guards.some((guard) => this.holdsEverything(guard, instance))) return [];
    const held = new Set(guards.map((guard) => holdingOf(guard, this.container)?.holds));
    const asked = requirementsOf(route).map(({ requirement }) => requirement);
    return asked.filter(({ key }) => !held.has(key)).map(({ decorator }) => decorator);
  }

  /** Guards of ours on functions that Nest does not call, because another one took their place. */
  private lostGuards({ called, ...route }: HostRoute): readonly object[] {
    const uncalled = layersOf(route).own.filter((each) => each !== called);
    return uncalled.flatMap(guardsAt).filter((guard) => holdingOf(guard, this.container));
  }

  private guardsOf(route: HostRoute): readonly object[] {
    if (route.kind === 'graphql-field' && !this.guardsFields()) return [];
    const named = namedGuardsOf(route);
    // a microservice of a hybrid application may run no global guards, and `HeldCallGuard` is not on that function
    if (route.kind === 'rpc' && route.called !== route.handler) return named;
    const scoped = this.config.getGlobalRequestGuards().map(({ metatype }) => metatype as object);
    return [...this.config.getGlobalGuards(), ...scoped, ...named]
      .filter(Boolean)
      .flatMap((guard) => {
        const made = route.guardOf(guard);
        return made === guard ? [guard] : [guard, made];
      });
  }

  /** A test that overrides our guard does so on purpose. */
  private holdsEverything(guard: object, instance: string | undefined): boolean {
    if (guard === this.own) return true;
    const holding = holdingOf(guard, this.container);
    return (
      holding?.holds === 'everything' && (instance === undefined || holding.instance === instance)
    );
  }

  /** Nest runs guards of field resolvers only if it is configured to. */
  private guardsFields(): boolean {
    const options = [...this.container.values()].flatMap((module) => {
      const wrapper = module.providers.get(GRAPHQL_OPTIONS);
      return wrapper ? [wrapper.instance as GraphqlOptions | undefined] : [];
    });
    return options.every((each) => each?.fieldResolverEnhancers?.includes('guards'));
  }
}

function inShort(names: readonly string[]): string {
  const unique = [...new Set(names)];
  const more = unique.length > NAMED ? ` and ${unique.length - NAMED} more` : '';
  return unique.slice(0, NAMED).join(', ') + more;
}

function namedGuardsOf({ routeClass, called }: HostRoute): readonly object[] {
  return [...guardsAt(routeClass), ...guardsAt(called)];
}

function guardsAt(target: object): readonly object[] {
  return (Reflect.getMetadata(GUARDS, target) as object[] | undefined) ?? [];
}

/** A method with a requirement of its own counts as a route, whatever calls it. */
function isCalled(route: HostRoute): boolean {
  const { kind, method, routeClass, handler } = route;
  if (method === '__resolveType') return false;
  if (kind !== 'other' && kind !== 'method') return true;
  // an application has thousands of methods, and almost none of them has a decorator of ours
  if (!isDecorated(routeClass.prototype, method, handler)) return false;
  const { own } = layersOf(route);
  return REQUIREMENTS.some(({ key }) => own.some((each) => Reflect.hasOwnMetadata(key, each)));
}

/** One method of each class that has no method for which Nest runs guards. */
function withoutRoutes(routes: readonly HostRoute[]): readonly HostRoute[] {
  const guarded = new Set(
    routes.flatMap(({ kind, routeClass }) => (kind === 'method' ? [] : [routeClass])),
  );
  const others = new Map(routes.map((route) => [route.routeClass, route]));
  return [...others.values()].filter(({ routeClass }) => !guarded.has(routeClass));
}

function unguardedClass(route: HostRoute): string | undefined {
  const asks = REQUIREMENTS.some(({ key }) => Reflect.hasMetadata(key, route.routeClass));
  return asks ? unguarded(requirementsOf(route)) : undefined;
}

function unguarded(asked: readonly Demand[]): string {
  const decorators = asked.map(({ requirement }) => requirement.decorator).join(' and ');
  return `asks for ${decorators}, and Nest runs no guard there; put it on a route, or check the principal in the method`;
}

function cureOf({ kind }: HostRoute): string {
  if (kind === 'graphql-field')
    return "give GraphQLModule fieldResolverEnhancers: ['guards'], and the class @UseGuards(JwtAuthGuard)";
  return 'add @UseGuards(JwtAuthGuard), or provide it as APP_GUARD';
}
