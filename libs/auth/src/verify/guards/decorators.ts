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
import { isPublic, PERMISSIONS, PUBLIC, RECENT_AUTH, ROLES, STRICT_REVOCATION } from './route-metadata.js';

const isOpen = perRoute(isPublic);

type Decorator = MethodDecorator & ClassDecorator;
/** Written out: what Nest 12 infers names a type that Nest 11 does not have. */
type CurrentUserArgument = keyof Principal | PipeTransform | Type<PipeTransform> | undefined;

/** No access token needed here. On a class: for its handlers that demand nothing themselves; a class that extends it is not public. */
export const Public = (): Decorator =>
  applyDecorators(SetMetadata(PUBLIC, true), Describe({ security: 'none' }));

/** One of these roles; `JwtAuthGuard` holds it. On a handler it takes the place of its class's. */
export const Roles = (...roles: readonly [string, ...string[]]): Decorator =>
  demand(ROLES.key, named('@Roles', roles), errorAnswers(401, 403));

/** All of these permissions; `JwtAuthGuard` holds it. On a handler it takes the place of its class's. */
export const Permissions = (...permissions: readonly [string, ...string[]]): Decorator =>
  demand(PERMISSIONS.key, named('@Permissions', permissions), errorAnswers(401, 403));

/** A credential proof at most this old (`'5m'`; a bare number is seconds); `JwtAuthGuard` holds it with RFC 9470's answer. */
export const RecentAuth = (maxAge: Duration): Decorator => {
  const maxAgeMs = parseDuration(maxAge);
  if (!maxAgeMs)
    throw AuthError.configuration('@RecentAuth', "write a duration such as '5m', or whole seconds");
  return demand(RECENT_AUTH.key, Math.max(1, Math.floor(maxAgeMs / 1000)), errorAnswers(401));
};

/** Each request to the route asks the stores whether its token was revoked, whatever `revocation.mode` says. */
export const StrictRevocation = (): Decorator => demand(STRICT_REVOCATION.key, true, errorAnswers(401, 503));

/**
 * The caller, or one member of it. Where no guard ran it is 401, and undefined on a `@Public()` route.
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

function demand(key: string, value: unknown, answers: ReturnType<typeof errorAnswers>): Decorator {
  return applyDecorators(SetMetadata(key, value), Describe({ security: 'token', answers }));
}

function named(decorator: string, names: readonly string[]): readonly string[] {
  // an empty list would read like "everyone"
  if (names.length === 0 || names.some((name) => typeof name !== 'string' || !name.trim()))
    throw AuthError.configuration(decorator, 'name at least one, each as a text of its own');
  return names;
}
