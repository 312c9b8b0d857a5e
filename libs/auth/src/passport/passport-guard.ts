import type { ExecutionContext } from '@nestjs/common';
import { AuthGuard, type IAuthGuard } from '@nestjs/passport';
import { carrierOf, principalOf } from '../verify/guards/call-context.js';
import { perRoute } from '../verify/guards/per-route.js';
import { requirementsOf } from '../verify/guards/route-metadata.js';
import { routeOf } from '../verify/guards/route-layers.js';
import type { Application, Applications } from './applications.js';

/** The members of `AuthGuard`'s class that are used here. */
interface PassportGuard extends IAuthGuard {
  readonly options: { readonly property?: string; readonly defaultStrategy?: string | string[] };
}

const adopted = new WeakSet<object>();
const asks = perRoute((context) => requirementsOf(routeOf(context)).length > 0);

/** The class that `AuthGuard(name)` returns; it is the same each time, and hosts extend it. */
export function passportGuard(name?: string): { readonly prototype: object } {
  return AuthGuard(name);
}

/**
 * Makes `JwtAuthGuard` answer wherever the class of `AuthGuard(name)` guards a route of an
 * application with Tokenward: passport itself knows neither the route nor a refusal other than 401.
 * A host's own `handleRequest` is called as before.
 */
export function adopt(guardName: string | undefined, applications: Applications): void {
  const prototype = passportGuard(guardName).prototype as PassportGuard;
  if (adopted.has(prototype)) return;
  adopted.add(prototype);
  const passport = Object.getOwnPropertyDescriptor(prototype, 'canActivate')
    ?.value as IAuthGuard['canActivate'];
  prototype.canActivate = function (this: PassportGuard, context) {
    const name = guardName ?? this.options.defaultStrategy;
    const call = { request: requestOf(context), routeClass: context.getClass() };
    const application = typeof name === 'string' ? applications.find(name, call) : undefined;
    return application ? judge(this, application, context) : passport.call(this, context);
  };
}

async function judge(
  guard: PassportGuard,
  application: Application,
  context: ExecutionContext,
): Promise<boolean> {
  let failure: unknown;
  try {
    await application.guard.canActivate(context);
  } catch (error) {
    failure = error;
  }
  const principal = principalOf(context);
  if (failure === undefined && !principal) return true;
  // the host decides about errors and about requests without a token, but it cannot remove a requirement
  const user: unknown = guard.handleRequest(
    failure ?? null,
    failure === undefined ? principal : false,
    undefined,
    context,
  );
  if (failure !== undefined && asks(context)) throw failure as Error;
  const request = guard.getRequest(context) as Record<string, unknown> | undefined;
  if (request) request[guard.options.property ?? 'user'] = user;
  return true;
}

/** Undefined for a socket or a remote call, which does not show its application. */
function requestOf(context: ExecutionContext): object | undefined {
  const type = context.getType<string>();
  return type === 'http' || type === 'graphql' ? carrierOf(context) : undefined;
}
