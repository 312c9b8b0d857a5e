import { type CanActivate, type ExecutionContext, Injectable, type Type } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { DEFAULT_INSTANCE } from '../../common/instance-token.js';
import type { Principal } from '../../common/principal.js';
import type { AuthenticateOptions } from '../authenticate.js';
import {
  admit,
  admitNobody,
  carrierOf,
  principalOf,
  requestOf,
  setPrincipal,
} from './call-context.js';
import { markJudged } from './held-call.guard.js';
import { type Holding, HOLDS } from './holds.js';
import { namedGuard } from './named-guard.js';
import { perRoute } from './per-route.js';
import { PreparesRefusals } from '../http/refused.js';
import { RequestAuthenticator } from '../http/request-authenticator.service.js';
import {
  type Demand,
  instanceOf,
  isPublic,
  isStrict,
  letsNobodyIn,
  requirementsOf,
  trustedBy,
} from './route-metadata.js';
import { routeOf } from './route-layers.js';

interface RouteFacts {
  readonly unguarded: boolean;
  readonly options?: AuthenticateOptions;
  readonly nobody: 'refused' | 'passes';
  readonly asked: readonly Demand[];
}

/**
 * Requires an access token, or answers 401, and checks every requirement of the route (`@Roles`, `@Permissions`,
 * `@AnyOf`, `@RecentAuth`, `@RequireBound`, `@NoActor`), or answers 403 or 401. Under `@OptionalAuth` the token is
 * optional. Use it for single routes with `@UseGuards`, or for all routes with `APP_GUARD`, and `@Public()` where no
 * token is needed. It works the same on HTTP, GraphQL, remote calls and sockets (which `LiveSockets` has signed in).
 * It answers synchronously if no store must be asked.
 */
@Injectable()
export class JwtAuthGuard implements CanActivate {
  static readonly [HOLDS]: Holding = 'everything';
  /** Of `AuthModule`. */
  static readonly instance: string = DEFAULT_INSTANCE;

  private readonly factsOf = perRoute((context) => this.read(context));

  constructor(private readonly authenticator: RequestAuthenticator) {}

  /** The guard of a named instance: `@UseGuards(JwtAuthGuard.for('staff'))`. */
  static for(instance: string): Type<CanActivate> {
    return namedGuard(JwtAuthGuard, RequestAuthenticator, instance);
  }

  get instance(): string {
    return this.authenticator.instance;
  }

  @PreparesRefusals()
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    try {
      const verdict = this.judge(context);
      return verdict instanceof Promise
        ? verdict.catch((error: unknown) => this.refuse(error))
        : verdict;
    } catch (error) {
      return this.refuse(error);
    }
  }

  private judge(context: ExecutionContext): boolean | Promise<boolean> {
    const facts = this.factsOf(context);
    if (facts.unguarded) return true;
    const isSocket = context.getType<string>() === 'ws';
    // read once, because Nest creates it anew at each call
    const carrier = isSocket ? undefined : carrierOf(context);
    const outcome = isSocket
      ? this.recheck(context, facts)
      : this.authenticate(context, carrier, facts);
    if (outcome instanceof Promise)
      return outcome.then((principal) => this.admit(context, carrier, principal, facts));
    if (outcome !== 'nobody') return this.admit(context, carrier, outcome, facts);
    admitNobody(carrier ?? carrierOf(context));
    return true;
  }

  private refuse(error: unknown): never {
    throw this.authenticator.challenged(error) as Error;
  }

  private read(context: ExecutionContext): RouteFacts {
    const route = routeOf(context);
    // `@AuthInstance` adds the guard of the instance that it names, so a global guard lets the call pass
    const owner = instanceOf(route);
    const asked = requirementsOf(route);
    return {
      unguarded:
        isPublic(context) || (owner !== undefined && owner !== this.authenticator.instance),
      options: optionsOf(context, trustedBy(route)),
      nobody: letsNobodyIn(asked) ? 'passes' : 'refused',
      asked,
    };
  }

  private authenticate(
    context: ExecutionContext,
    carrier: object | undefined,
    { options, nobody }: RouteFacts,
  ): Principal | 'nobody' | Promise<Principal> {
    const request = requestOf(context, carrier);
    if (!request || !carrier)
      throw new AuthError('token_missing', unknownContext(context.getType<string>()));
    if (nobody === 'passes') return this.authenticator.authenticateIfPresented(request, options);
    return this.authenticator.authenticate(request, options);
  }

  /** A socket was signed in before, so each message checks whether it was revoked since. */
  private recheck(
    context: ExecutionContext,
    { options, nobody }: RouteFacts,
  ): Principal | 'nobody' | Promise<Principal> {
    const principal = principalOf(context);
    if (principal) {
      const now = this.authenticator.recheck(principal, options);
      return now instanceof Promise ? now.then((fresh) => goOnAs(context, fresh)) : now;
    }
    if (nobody === 'passes') return 'nobody';
    throw new AuthError('token_missing', 'the socket is not signed in: LiveSockets.open');
  }

  private admit(
    context: ExecutionContext,
    carrier: object | undefined,
    principal: Principal,
    { asked }: RouteFacts,
  ): true {
    if (carrier) admit(context, principal, this.authenticator, carrier);
    for (const each of asked)
      each.requirement.check(principal, each.asked, this.authenticator.now());
    if (context.getType<string>() !== 'http') markJudged(context);
    return true;
  }
}

/** Replaces the principal, because the owner of an API key has another role by now. */
function goOnAs(context: ExecutionContext, principal: Principal): Principal {
  const client = carrierOf(context);
  // the socket may have been closed meanwhile
  if (client && principal.kind === 'api_key' && principalOf(context))
    setPrincipal(client, principal);
  return principal;
}

function optionsOf(
  context: ExecutionContext,
  issuers: AuthenticateOptions['issuers'],
): AuthenticateOptions | undefined {
  const strict = isStrict(context);
  if (!strict && issuers === undefined) return undefined;
  return { ...(strict && { revocationMode: 'strict' }), ...(issuers && { issuers }) };
}

/** For the log: what the host's context must contain. */
function unknownContext(type: string): string {
  if (type !== 'graphql') return `a ${type} call cannot carry a token`;
  return 'the GraphQL context holds no request: keep req, or extra and connectionParams of a subscription';
}
