import {
  applyDecorators,
  Controller,
  SetMetadata,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import type { RouteOptions } from '../../options/auth-options.js';
import { AuthRouteGuard } from './auth-route.guard.js';
import { Public } from '../../verify/guards/decorators.js';
import { NO_ACTOR, PEOPLE } from '../../verify/guards/route-metadata.js';
import { JwtAuthGuard } from '../../verify/guards/jwt-auth.guard.js';
import { Describe, type RouteDescription } from '../../verify/http/openapi.js';
import { errorAnswers } from '../../verify/http/openapi-errors.js';
import { AnswersItself } from '../../verify/http/own-answers.js';

export type Routes = Required<RouteOptions>;

/**
 * A controller under the prefix. It ignores the host's API versioning, because the refresh cookie's path must not
 * change.
 */
export function AuthController(path: string): ClassDecorator {
  return applyDecorators(
    Controller({ path, version: VERSION_NEUTRAL }),
    UseGuards(AuthRouteGuard),
    Describe({ tag: 'auth' }),
  );
}

/**
 * The handler becomes a route only if the option switches it on. Its parameters are the request and the response only:
 * a global pipe of the host would change or refuse any other parameter (trim a password, parse an id as a number).
 */
export function Route(
  enabled: boolean,
  ...decorators: readonly MethodDecorator[]
): MethodDecorator {
  return enabled ? applyDecorators(AnswersItself(), ...decorators) : () => undefined;
}

/** A route for callers without an access token. */
export function Open(description: RouteDescription): MethodDecorator {
  return applyDecorators(Public(), Describe(description));
}

/**
 * Whom a route lets in: `owner` is the owner of the account alone, `people` adds somebody who acts as the owner, and
 * `anybody` adds API keys (contract, section 11).
 */
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
    Describe({
      ...description,
      security: 'token',
      answers: { ...errorAnswers(401, 503), ...answers },
    }),
  );
}
