import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  type PipeTransform,
  SetMetadata,
  type Type,
} from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { type Duration, parseDuration } from '../../common/duration.js';
import type { Principal } from '../../common/principal.js';
import { principalOf } from './call-context.js';
import { Describe } from '../http/openapi.js';
import { errorAnswers } from '../http/openapi-errors.js';
import { prepared } from '../http/refused.js';
import { perRoute } from './per-route.js';
import {
  ANY_OF,
  BOUND,
  type Demand,
  isPublic,
  letsNobodyIn,
  NO_ACTOR,
  OPTIONAL,
  PERMISSIONS,
  PUBLIC,
  RECENT_AUTH,
  requirementsOf,
  type Requirement,
  ROLES,
  STRICT_REVOCATION,
} from './route-metadata.js';
import { routeOf } from './route-layers.js';

const isOpen = perRoute((context) => isPublic(context) || letsNobodyIn(requirementsOf(routeOf(context))));

/** What a decorator demands, for `@AnyOf`. */
const DEMANDS: unique symbol = Symbol.for('tokenward.demands');

type Decorator = MethodDecorator & ClassDecorator;
/** A decorator that demands something of the caller: `@Roles`, `@Permissions`, `@RecentAuth`, `@RequireBound`, `@NoActor`, `@AnyOf`. */
export type RequirementDecorator = Decorator & { readonly [DEMANDS]: Demand };
/** Written out: what Nest 12 infers names a type that Nest 11 does not have. */
type CurrentUserArgument = keyof Principal | PipeTransform | Type<PipeTransform> | undefined;

/** No access token needed here. On a class: for its handlers that demand nothing themselves; a class that extends it is not public. */
export const Public = (): Decorator =>
  applyDecorators(SetMetadata(PUBLIC, true), Describe({ security: 'none' }));

/** One of these roles; `JwtAuthGuard` holds it. On a handler it takes the place of its class's. */
export const Roles = (...roles: readonly [string, ...string[]]): RequirementDecorator =>
  demand(ROLES, named('@Roles', roles), errorAnswers(401, 403));

/** All of these permissions; `JwtAuthGuard` holds it. On a handler it takes the place of its class's. */
export const Permissions = (...permissions: readonly [string, ...string[]]): RequirementDecorator =>
  demand(PERMISSIONS, named('@Permissions', permissions), errorAnswers(401, 403));

export interface RecentAuthHow {
  /** Methods of RFC 8176 (`pwd`, `otp`, `hwk`, `swk`, `mfa`, …): one of them must have been proved. Default: any. */
  readonly amr?: readonly [string, ...string[]];
}

/**
 * A credential proof at most this old (`'5m'`; a bare number is seconds), by one of the methods of `amr` where they are named; `JwtAuthGuard`
 * holds it with RFC 9470's answer. Whoever acts as the user is 403.
 */
export const RecentAuth = (maxAge: Duration, { amr }: RecentAuthHow = {}): RequirementDecorator => {
  const maxAgeMs = parseDuration(maxAge);
  if (!maxAgeMs)
    throw AuthError.configuration('@RecentAuth', "write a duration such as '5m', or whole seconds");
  const maxAgeSeconds = Math.max(1, Math.floor(maxAgeMs / 1000));
  const how = amr && { amr: named('@RecentAuth', amr) };
  return demand(RECENT_AUTH, { maxAgeSeconds, ...how }, errorAnswers(401, 403));
};

/** A session that is bound to a key of its client (docs/dpop.md), or 403 `device_required`; `JwtAuthGuard` holds it. */
export const RequireBound = (): RequirementDecorator => demand(BOUND, true, errorAnswers(401, 403));

/** The user alone: whoever acts as the user (`openSession` with `actor`) is 403. `JwtAuthGuard` holds it. */
export const NoActor = (): RequirementDecorator => demand(NO_ACTOR, true, errorAnswers(401, 403));

/** Asks the stores for each request here, whatever the configured revocation mode. */
export const StrictRevocation = (): Decorator => demand(STRICT_REVOCATION, true, errorAnswers(401, 503));

/**
 * One of these is enough: `@AnyOf(Roles('admin'), Permissions('notes:read'))`. `JwtAuthGuard` holds it, beside any `@Roles` or `@Permissions` of
 * the same route. On a handler it takes the place of its class's `@AnyOf`. When none holds and one of them is `@RecentAuth`, the answer asks for
 * a fresh proof; else it is 403.
 */
export const AnyOf = (
  ...alternatives: readonly [RequirementDecorator, RequirementDecorator, ...RequirementDecorator[]]
): RequirementDecorator => {
  const demands = alternatives.map((each) => (each as Partial<RequirementDecorator> | undefined)?.[DEMANDS]);
  const asked = demands.filter(
    (each) => each !== undefined && each.requirement.nobody !== 'passes',
  ) as Demand[];
  if (asked.length < 2 || asked.length < alternatives.length)
    throw AuthError.configuration(
      '@AnyOf',
      "name two or more of Roles(…), Permissions(…), RecentAuth(…), RequireBound(): @AnyOf(Roles('admin'), Permissions('notes:read'))",
    );
  return demand(ANY_OF, asked, errorAnswers(401, 403));
};

/**
 * A token is not needed here: without one the caller is nobody (`@CurrentUser()` is undefined), one that is not accepted is 401 as everywhere.
 * `JwtAuthGuard` holds it. A requirement of the class or of an overridden handler stays: then a request without a token is 401.
 */
export const OptionalAuth = (): Decorator =>
  applyDecorators(
    SetMetadata(OPTIONAL.key, true),
    Describe({ security: 'optional', answers: errorAnswers(401, 503) }),
  );

/**
 * The caller, or one member of it. Where no guard ran it is 401; on a `@Public()` or `@OptionalAuth()` route it may be undefined.
 *
 * ```ts
 * me(@CurrentUser() user: Principal, @CurrentUser('id') id: string) {}
 * ```
 */
export const CurrentUser: (...argument: CurrentUserArgument[]) => ParameterDecorator = createParamDecorator(
  (key: keyof Principal | undefined, context: ExecutionContext) => {
    const principal = principalOf(context);
    if (principal) return key ? principal[key] : principal;
    if (isOpen(context)) return undefined;
    throw prepared(context, new AuthError('token_missing', '@CurrentUser needs JwtAuthGuard before it'));
  },
);

function demand<Asked>(
  requirement: Requirement<Asked>,
  asked: Asked,
  answers: ReturnType<typeof errorAnswers>,
): RequirementDecorator {
  const decorator = applyDecorators(
    SetMetadata(requirement.key, asked),
    Describe({ security: 'token', answers }),
  );
  return Object.assign(decorator, { [DEMANDS]: { requirement, asked: asked as never } });
}

function named(decorator: string, names: readonly string[]): readonly string[] {
  // an empty list would read like "everyone"
  if (names.length === 0 || names.some((name) => typeof name !== 'string' || !name.trim()))
    throw AuthError.configuration(decorator, 'name at least one, each as a text of its own');
  return names;
}
