import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  type PipeTransform,
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
import { routeOf, say } from './route-layers.js';

const isOpen = perRoute(
  (context) => isPublic(context) || letsNobodyIn(requirementsOf(routeOf(context))),
);

/** The requirement of a decorator, for `@AnyOf`. */
const DEMANDS: unique symbol = Symbol.for('tokenward.demands');

type Decorator = MethodDecorator & ClassDecorator;
/**
 * A decorator with a requirement for the caller: `@Roles`, `@Permissions`, `@RecentAuth`, `@RequireBound`,
 * `@NoActor`, `@AnyOf`.
 */
export type RequirementDecorator = Decorator & { readonly [DEMANDS]: Demand };
/** Written out, because the type that Nest 12 infers does not exist in Nest 11. */
type CurrentUserArgument = keyof Principal | PipeTransform | Type<PipeTransform> | undefined;

/**
 * No access token is needed. On a class it applies to handlers without a requirement of their own, and not to classes
 * that extend it.
 */
export const Public = (): Decorator =>
  applyDecorators(say(PUBLIC, true), Describe({ security: 'none' }));

/** Requires one of these roles; checked by `JwtAuthGuard`. On a handler it replaces the one of its class. */
export const Roles = (...roles: readonly [string, ...string[]]): RequirementDecorator =>
  demand(ROLES, named('@Roles', roles), errorAnswers(401, 403));

/** Requires all of these permissions; checked by `JwtAuthGuard`. On a handler it replaces the one of its class. */
export const Permissions = (...permissions: readonly [string, ...string[]]): RequirementDecorator =>
  demand(PERMISSIONS, named('@Permissions', permissions), errorAnswers(401, 403));

export interface RecentAuthHow {
  /** Methods of RFC 8176 (`pwd`, `otp`, `hwk`, `swk`, `mfa`, …): one of them must have been proved. Default: any. */
  readonly amr?: readonly [string, ...string[]];
}

/**
 * Requires a credential proof at most this old (`'5m'`; a bare number is seconds), by one of the methods of `amr` if
 * given. Checked by `JwtAuthGuard`, which answers by RFC 9470. Somebody who acts as the user gets 403.
 */
export const RecentAuth = (maxAge: Duration, { amr }: RecentAuthHow = {}): RequirementDecorator => {
  const maxAgeMs = parseDuration(maxAge);
  if (!maxAgeMs)
    throw AuthError.configuration('@RecentAuth', "write a duration such as '5m', or whole seconds");
  const maxAgeSeconds = Math.max(1, Math.floor(maxAgeMs / 1000));
  const how = amr && { amr: named('@RecentAuth', amr) };
  return demand(RECENT_AUTH, { maxAgeSeconds, ...how }, errorAnswers(401, 403));
};

/**
 * Requires a session that is bound to a key of its client (docs/dpop.md), or answers 403 `device_required`. Checked
 * by `JwtAuthGuard`.
 */
export const RequireBound = (): RequirementDecorator => demand(BOUND, true, errorAnswers(401, 403));

/**
 * Only for the user: somebody who acts as the user (`openSession` with `actor`) gets 403. Checked by `JwtAuthGuard`.
 */
export const NoActor = (): RequirementDecorator => demand(NO_ACTOR, true, errorAnswers(401, 403));

/** Each request of the route asks the stores, whatever the configured revocation mode. */
export const StrictRevocation = (): Decorator =>
  demand(STRICT_REVOCATION, true, errorAnswers(401, 503));

/**
 * Requires one of these: `@AnyOf(Roles('admin'), Permissions('notes:read'))`. Checked by `JwtAuthGuard`, in addition
 * to `@Roles` or `@Permissions` of the same route. On a handler it replaces the `@AnyOf` of its class. If none is met
 * and one of them is `@RecentAuth`, the answer asks for a fresh proof; otherwise it is 403.
 */
export const AnyOf = (
  ...alternatives: readonly [RequirementDecorator, RequirementDecorator, ...RequirementDecorator[]]
): RequirementDecorator => {
  const demands = alternatives.map(
    (each) => (each as Partial<RequirementDecorator> | undefined)?.[DEMANDS],
  );
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
 * A token is optional: without one `@CurrentUser()` is undefined, and a token that is not accepted is 401 as
 * everywhere. Needs `JwtAuthGuard`. A requirement of the class or of an overridden handler still applies: then a
 * request without a token is 401.
 */
export const OptionalAuth = (): Decorator =>
  applyDecorators(
    say(OPTIONAL.key, true),
    Describe({ security: 'optional', answers: errorAnswers(401, 503) }),
  );

/**
 * The caller, or one member of it. If no guard ran, the request is 401. On a `@Public()` or `@OptionalAuth()` route
 * it may be undefined.
 *
 * ```ts
 * me(@CurrentUser() user: Principal, @CurrentUser('id') id: string) {}
 * ```
 */
export const CurrentUser: (...argument: CurrentUserArgument[]) => ParameterDecorator =
  createParamDecorator((key: keyof Principal | undefined, context: ExecutionContext) => {
    const principal = principalOf(context);
    if (principal) return key ? principal[key] : principal;
    if (isOpen(context)) return undefined;
    throw prepared(
      context,
      new AuthError('token_missing', '@CurrentUser needs JwtAuthGuard before it'),
    );
  });

function demand<Asked>(
  requirement: Requirement<Asked>,
  asked: Asked,
  answers: ReturnType<typeof errorAnswers>,
): RequirementDecorator {
  const decorator = applyDecorators(
    say(requirement.key, asked),
    Describe({ security: 'token', answers }),
  );
  return Object.assign(decorator, { [DEMANDS]: { requirement, asked: asked as never } });
}

function named(decorator: string, names: readonly string[]): readonly string[] {
  // an empty list could be read as "everybody"
  if (names.length === 0 || names.some((name) => typeof name !== 'string' || !name.trim()))
    throw AuthError.configuration(decorator, 'name at least one, each as a text of its own');
  return names;
}
