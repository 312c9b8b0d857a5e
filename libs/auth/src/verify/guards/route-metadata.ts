import type { ExecutionContext } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { Principal } from '../../common/principal.js';
import type { Trusted } from '../tenants/ask-whose.js';
import { type Layers, layersOf, type Route, routeOf, saidBy } from './route-layers.js';

/** Metadata keys of the decorators. */
export const PUBLIC = 'tokenward:public';
/** Which instance guards the route. */
export const INSTANCE = 'tokenward:instance';

/** A requirement of a decorator, and its check. */
export interface Requirement<Asked = never> {
  readonly key: string;
  /** The decorator as it is written, for messages. */
  readonly decorator: string;
  /** Refuses a caller who does not meet the requirement. */
  readonly check: (principal: Principal, asked: Asked, nowMs: number) => void;
  /** Whether a caller without a token passes; refused by default. */
  readonly nobody?: 'passes';
}

/** A requirement with the arguments of the decorator. */
export interface Demand<Asked = never> {
  readonly requirement: Requirement<Asked>;
  readonly asked: Asked;
}

/**
 * On Tokenward's own routes: an API key has no access to sessions, credentials and keys of its owner (contract,
 * section 11).
 */
export const PEOPLE: Requirement<true> = {
  key: 'tokenward:people',
  decorator: 'a person',
  check: ({ kind }) => {
    if (kind === 'api_key') throw new AuthError('forbidden', 'API keys are not accepted here');
  },
};

export const NO_ACTOR: Requirement<true> = {
  key: 'tokenward:no-actor',
  decorator: '@NoActor',
  check: ({ actor }) => {
    if (actor) throw new AuthError('forbidden', 'somebody who acts as a user is not accepted here');
  },
};

export const ROLES: Requirement<readonly string[]> = {
  key: 'tokenward:roles',
  decorator: '@Roles',
  check: ({ role }, roles) => {
    if (role === undefined || !roles.includes(role))
      throw new AuthError('forbidden', 'the role is missing');
  },
};

export const PERMISSIONS: Requirement<readonly string[]> = {
  key: 'tokenward:permissions',
  decorator: '@Permissions',
  check: ({ permissions }, asked) => {
    if (!asked.every((each) => permissions.includes(each)))
      throw new AuthError('forbidden', 'a permission is missing');
  },
};

/** The verifier applies the configured tolerance, which is never larger. */
const MOST_CLOCK_TOLERANCE_SECONDS = 300;

export interface RecentProof {
  readonly maxAgeSeconds: number;
  /** One of these methods (RFC 8176) must be among those that were proved. Undefined: any. */
  readonly amr?: readonly string[];
}

export const RECENT_AUTH: Requirement<RecentProof> = {
  key: 'tokenward:recent-auth',
  decorator: '@RecentAuth',
  check: ({ authTime = -Infinity, amr = [], actor }, { maxAgeSeconds, amr: asked }, nowMs) => {
    // a proof of the actor does not count as one of the user
    if (actor)
      throw new AuthError('forbidden', 'a session that acts as the user has no proof of the user');
    const ageSeconds = nowMs / 1000 - authTime;
    // a proof in the future would count as recent for the whole life of its token
    if (ageSeconds > maxAgeSeconds || -ageSeconds > MOST_CLOCK_TOLERANCE_SECONDS)
      throw new AuthError('proof_too_old', 'the credential proof is too old', { maxAgeSeconds });
    if (asked && !asked.some((method) => amr.includes(method)))
      throw new AuthError('proof_too_old', 'the credential was proved by another method', {
        maxAgeSeconds,
      });
  },
};

/** The session must be bound to a key of its client, so that stolen tokens are of little use. */
export const BOUND: Requirement<true> = {
  key: 'tokenward:bound',
  decorator: '@RequireBound',
  check: ({ bound }) => {
    if (bound === undefined)
      throw new AuthError('device_required', 'the session is not bound to a key');
  },
};

/** `JwtAuthGuard` itself reads it and asks the stores. */
export const STRICT_REVOCATION: Requirement<true> = {
  key: 'tokenward:strict-revocation',
  decorator: '@StrictRevocation',
  check: () => undefined,
  nobody: 'passes',
};

/** `JwtAuthGuard` accepts tokens of these issuers too. It is a requirement, so that the boot finds it. */
export const TRUSTED_ISSUERS: Requirement<Trusted> = {
  key: 'tokenward:trusted-issuers',
  decorator: '@TrustIssuers',
  check: () => undefined,
  nobody: 'passes',
};

/**
 * `JwtAuthGuard` accepts a request without a token. It is a requirement, because without the guard every caller would
 * count as nobody.
 */
export const OPTIONAL: Requirement<true> = {
  key: 'tokenward:optional',
  decorator: '@OptionalAuth',
  check: () => undefined,
  nobody: 'passes',
};

/** One of several requirements is enough. */
export const ANY_OF: Requirement<readonly Demand[]> = {
  key: 'tokenward:any-of',
  decorator: '@AnyOf',
  check: (principal, demands, nowMs) => {
    const refusals: unknown[] = [];
    for (const { requirement, asked } of demands) {
      try {
        return requirement.check(principal, asked, nowMs);
      } catch (error) {
        refusals.push(error);
      }
    }
    // only a proof that is too old can be renewed by the caller
    throw (
      refusals.find((each) => each instanceof AuthError && each.reason === 'proof_too_old') ??
      refusals[0]
    );
  },
};

/** All requirements. `JwtAuthGuard` checks each of them, and the boot looks for each of them. */
export const REQUIREMENTS: readonly Requirement[] = [
  PEOPLE,
  NO_ACTOR,
  ROLES,
  PERMISSIONS,
  RECENT_AUTH,
  BOUND,
  ANY_OF,
  STRICT_REVOCATION,
  TRUSTED_ISSUERS,
  OPTIONAL,
];

/**
 * Decided by the handler's own decorators; otherwise by its class, if there is no requirement. `@Public()` of a
 * parent class has no effect.
 */
export function isPublic(context: ExecutionContext): boolean {
  return isPublicRoute(routeOf(context));
}

export function isPublicRoute(route: Route): boolean {
  const layers = layersOf(route);
  if (any(layers.own, PUBLIC)) return REQUIREMENTS.every(({ key }) => !any(layers.own, key));
  return (
    own(route.routeClass, PUBLIC) &&
    REQUIREMENTS.every(({ key }) => saidBy(layers.all, key) === undefined)
  );
}

export function isStrict(context: ExecutionContext): boolean {
  return requirementOf(STRICT_REVOCATION, context) ?? false;
}

export function trustedBy(route: Route): Trusted | undefined {
  return askedBy<Trusted>(layersOf(route), TRUSTED_ISSUERS.key);
}

/** `@AuthInstance`: it is inherited like a requirement. */
export function instanceOf(route: Route): string | undefined {
  return saidBy<string>(layersOf(route).all, INSTANCE);
}

/**
 * The requirement of a route: the handler's own, or else that of a handler that it overrides, or else that of its
 * class or a parent class. The last two do not apply to a handler that is itself public.
 */
export function requirementOf<Asked>(
  { key }: Requirement<Asked>,
  context: ExecutionContext,
): Asked | undefined {
  return askedBy<Asked>(layersOf(routeOf(context)), key);
}

/** Whether a request without a token is accepted: with `@OptionalAuth` and no requirement that needs a caller. */
export function letsNobodyIn(demands: readonly Demand[]): boolean {
  return (
    demands.some(({ requirement }) => requirement.key === OPTIONAL.key) &&
    demands.every(({ requirement }) => requirement.nobody === 'passes')
  );
}

/** All requirements of a route. */
export function requirementsOf(route: Route): readonly Demand[] {
  const layers = layersOf(route);
  return REQUIREMENTS.flatMap((requirement) => {
    const asked = askedBy<never>(layers, requirement.key);
    return asked === undefined ? [] : [{ requirement, asked }];
  });
}

/** Two decorators that contradict each other. */
export interface Contradiction {
  readonly open: '@Public()' | '@OptionalAuth()';
  readonly requirement: Requirement;
}

/** `@Public` together with a requirement, or `@OptionalAuth` together with one on the same handler or class. */
export function contradictionOf(route: Route): Contradiction | undefined {
  const { own: handler, classes, all } = layersOf(route);
  const onPublic = (requirement: Requirement | undefined): Contradiction | undefined =>
    requirement && { open: '@Public()', requirement };
  if (any(handler, PUBLIC)) return onPublic(REQUIREMENTS.find(({ key }) => any(handler, key)));
  if (own(route.routeClass, PUBLIC))
    return onPublic(REQUIREMENTS.find(({ key }) => saidBy(classes, key) !== undefined));
  const optional = all.find((layer) => own(layer, OPTIONAL.key));
  const requirement = REQUIREMENTS.find(
    ({ key, nobody }) => nobody !== 'passes' && optional && own(optional, key),
  );
  return requirement && { open: '@OptionalAuth()', requirement };
}

function askedBy<Asked>(layers: Layers, key: string): Asked | undefined {
  return saidBy<Asked>(any(layers.own, PUBLIC) ? layers.own : layers.all, key);
}

function any(layers: readonly object[], key: string): boolean {
  return layers.some((layer) => own(layer, key));
}

function own(target: object, key: string): boolean {
  return Reflect.hasOwnMetadata(key, target);
}
