import type { ModulesContainer } from '@nestjs/core';
import { AuthError } from '../common/auth-error.js';
import type { JwtAuthGuard } from '../verify/guards/jwt-auth.guard.js';
import type { RequestAuthenticator } from '../verify/http/request-authenticator.service.js';

/** One application that answers under a strategy name of the process-wide passport. */
export interface Application {
  readonly guard: JwtAuthGuard;
  readonly authenticator: RequestAuthenticator;
  readonly container: ModulesContainer;
  /** The Express or Fastify application; undefined in a microservice. */
  readonly server: object | undefined;
}

/** What a call reveals about the application that it came to. */
export interface Call {
  readonly request: object | undefined;
  readonly routeClass?: object;
}

/**
 * Passport and the classes that `AuthGuard` returns exist once in the process, but the process may
 * have several applications (tests, a gateway with an admin port). The call decides which one
 * answers, not the order of registration.
 */
export class Applications {
  private readonly byName = new Map<string, Set<Application>>();

  add(name: string, application: Application): void {
    const there = this.byName.get(name) ?? new Set();
    this.byName.set(name, there.add(application));
  }

  remove(name: string, application: Application): void {
    this.byName.get(name)?.delete(application);
  }

  /**
   * Undefined: the call is for an application without Tokenward, and that application's own
   * strategy answers. Throws if several applications are possible.
   */
  find(name: string, { request, routeClass }: Call): Application | undefined {
    const all = [...(this.byName.get(name) ?? [])];
    const server = request && serverOf(request);
    if (server) return all.find((each) => each.server === server);
    const having = routeClass ? all.filter(({ container }) => has(container, routeClass)) : all;
    const [only, ...others] = having;
    if (others.length > 0)
      throw AuthError.configuration(
        `AuthGuard('${name}')`,
        'several applications of this process answer to it, and the call does not show which; use JwtAuthGuard',
      );
    return only;
  }
}

/** On Express the innermost application, on Fastify the instance of the route. */
function serverOf(request: object): object | undefined {
  const { app, server } = request as { readonly app?: object; readonly server?: object };
  return app ?? server;
}

function has(container: ModulesContainer, routeClass: object): boolean {
  return [...container.values()].some((module) =>
    [...module.controllers.values(), ...module.providers.values()].some(
      ({ metatype }) => metatype === routeClass,
    ),
  );
}
