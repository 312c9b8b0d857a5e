import { type CanActivate, Inject, Injectable, type OnModuleInit, Optional } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { AuthError } from '../../common/auth-error.js';
import { AUTH_INSTANCE, DEFAULT_INSTANCE } from '../../common/instance-token.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { holdingOf } from './holds.js';
import { type HostRoute, hostRoutes } from './host-routes.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import {
  contradictionOf,
  instanceOf,
  isPublicRoute,
  REQUIREMENTS,
  requirementsOf,
  trustedBy,
} from './route-metadata.js';
import { appendTo, GUARDS, HeldCallGuard } from './held-call.guard.js';

const NAMED = 5;
const GRAPHQL_OPTIONS = 'GqlModuleOptions';

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
    // runs before gateways and `connectMicroservice` read the metadata
    for (const route of hostRoutes(container))
      if (this.mayGoUnheld(route)) appendTo(route.handler, GUARDS, HeldCallGuard.only);
  }

  onModuleInit(): void {
    if (!this.serves()) return;
    const problems = new Map<string, string[]>();
    for (const route of hostRoutes(this.container)) {
      const problem = this.problemOf(route);
      if (problem) problems.set(problem, [...(problems.get(problem) ?? []), route.name]);
    }
    for (const [problem, names] of problems) {
      const unique = [...new Set(names)];
      const more = unique.length > NAMED ? ` and ${unique.length - NAMED} more` : '';
      throw AuthError.configuration(unique.slice(0, NAMED).join(', ') + more, problem);
    }
  }

  /**
   * The route has a requirement that only a global guard may check. A test that has replaced our guard runs without
   * it.
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
    const instance = instanceOf(route);
    const untrusted = this.untrusted(route, instance);
    if (untrusted !== undefined) return untrusted;
    const guards = this.guardsOf(route);
    const open = this.unheld(route, guards);
    if (instance !== undefined && !guards.some((guard) => this.holdsEverything(guard, instance)))
      return `is of the instance '${instance}', and its guard does not stand in front of it; add @AuthInstance('${instance}')`;
    if (open.length === 0) return undefined;
    return `asks for ${open.join(' and ')}, and no guard of Tokenward stands in front of it; ${cureOf(route)}`;
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

  private guardsOf(route: HostRoute): readonly object[] {
    if (route.kind === 'graphql-field' && !this.guardsFields()) return [];
    const named = namedGuardsOf(route);
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

function namedGuardsOf({ routeClass, handler }: HostRoute): readonly object[] {
  return [routeClass, handler].flatMap(
    (target) => (Reflect.getMetadata(GUARDS, target) as object[] | undefined) ?? [],
  );
}

/** A method with a requirement of its own counts as a route, whatever calls it. */
function isCalled({ kind, handler, name }: HostRoute): boolean {
  if (name.endsWith('.__resolveType')) return false;
  return kind !== 'other' || REQUIREMENTS.some(({ key }) => Reflect.hasOwnMetadata(key, handler));
}

function cureOf({ kind }: HostRoute): string {
  if (kind === 'graphql-field')
    return "give GraphQLModule fieldResolverEnhancers: ['guards'], and the class @UseGuards(JwtAuthGuard)";
  return 'add @UseGuards(JwtAuthGuard), or provide it as APP_GUARD';
}
