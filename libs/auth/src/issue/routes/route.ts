import { applyDecorators, Controller, SetMetadata, UseGuards, VERSION_NEUTRAL } from '@nestjs/common';
import type { RouteOptions } from '../../options/auth-options.js';
import { AuthRouteGuard } from './auth-route.guard.js';
import { Public } from '../../verify/guards/decorators.js';
import { NO_ACTOR, PEOPLE } from '../../verify/guards/route-metadata.js';
import { JwtAuthGuard } from '../../verify/guards/jwt-auth.guard.js';
import { Describe, type RouteDescription } from '../../verify/http/openapi.js';
import { errorAnswers } from '../../verify/http/openapi-errors.js';
import { AnswersItself, NeverCached } from '../../verify/http/own-answers.interceptor.js';

export type Routes = Required<RouteOptions>;

/** A controller under the prefix, outside the host's versions: the refresh cookie's path must stay what it is. */
export function AuthController(path: string): ClassDecorator {
  return applyDecorators(
    Controller({ path, version: VERSION_NEUTRAL }),
    UseGuards(AuthRouteGuard),
    AnswersItself(),
    Describe({ tag: 'auth' }),
  );
}

/**
 * The handler is a route only where the option switches it on. It takes the request and the response alone: a global pipe of the
 * host would turn or refuse any other parameter (trim a password, take an id for a number).
 */
export function Route(enabled: boolean, ...decorators: readonly MethodDecorator[]): MethodDecorator {
  return enabled ? applyDecorators(NeverCached(), ...decorators) : () => undefined;
}

/** A route for callers without an access token. */
export function Open(description: RouteDescription): MethodDecorator {
  return applyDecorators(Public(), Describe(description));
}

/** Whom a route lets in: the `owner` of the account alone, `people` who act as the owner too, or `anybody`, API keys included (contract, section 11). */
export type LetIn = 'owner' | 'people' | 'anybody';

/** A route for a signed-in caller. */
export function SignedIn(
  { answers, ...description }: RouteDescription,
  who: LetIn = 'owner',
): MethodDecorator {
  return applyDecorators(
    UseGuards(JwtAuthGuard),
    ...(who === 'anybody' ? [] : [SetMetadata(PEOPLE.key, true)]),
    ...(who === 'owner' ? [SetMetadata(NO_ACTOR.key, true)] : []),
    Describe({ ...description, security: 'token', answers: { ...errorAnswers(401, 503), ...answers } }),
  );
}
