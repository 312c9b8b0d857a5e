import type { ExecutionContext } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { Principal } from '../../common/principal.js';
import { graphqlCall } from './graphql-call.js';
import { rpcAuthorization } from './rpc-token.js';
import type { HttpRequest } from '../http/adapter.js';

/** Only Tokenward writes it: a `request.user` of another strategy is never taken for a principal. */
const PRINCIPAL = Symbol.for('tokenward.principal');

const ADMITTED_BY = Symbol.for('tokenward.admitted-by');

interface Carrier {
  [PRINCIPAL]?: Principal;
  [ADMITTED_BY]?: object;
  user?: unknown;
}

/** What goes through a whole call with its caller: the HTTP request (also under GraphQL), the socket, the RPC context. */
export function carrierOf(context: ExecutionContext): object | undefined {
  switch (context.getType<string>()) {
    case 'http':
      return context.switchToHttp().getRequest<object>();
    case 'graphql':
      return graphqlCall(context.getArgByIndex(2))?.carrier;
    case 'ws':
      return context.switchToWs().getClient<object>();
    case 'rpc':
      return context.switchToRpc().getContext<object>();
    default:
      return undefined;
  }
}

/** What brings the token: the HTTP request, also under GraphQL, or a remote call's header as if it were one; undefined where there is none. */
export function requestOf(context: ExecutionContext): HttpRequest | undefined {
  switch (context.getType<string>()) {
    case 'http':
      return carrierOf(context) as HttpRequest | undefined;
    case 'graphql':
      return graphqlCall(context.getArgByIndex(2))?.request;
    case 'rpc': {
      const authorization = rpcAuthorization(context);
      return { headers: authorization === undefined ? {} : { authorization } };
    }
    default:
      return undefined;
  }
}

/** Makes the caller known to guards and decorators, and to the host as `user`. */
export function setPrincipal(carrier: object, principal: Principal): void {
  (carrier as Carrier)[PRINCIPAL] = principal;
  (carrier as Carrier).user = principal;
}

/** As `setPrincipal`, by the authenticator of one instance. */
export function admit(carrier: object, principal: Principal, by: object): void {
  setPrincipal(carrier, principal);
  (carrier as Carrier)[ADMITTED_BY] = by;
}

export function admittedBy(context: ExecutionContext): object | undefined {
  return (carrierOf(context) as Carrier | undefined)?.[ADMITTED_BY];
}

/** A socket that was shut still delivers what was under way. */
export function forgetPrincipal(carrier: object): void {
  Reflect.deleteProperty(carrier, PRINCIPAL);
  Reflect.deleteProperty(carrier, 'user');
}

/** The caller of a route that `JwtAuthGuard` stands before. */
export function callerOf(request: object): Principal {
  const principal = (request as Carrier)[PRINCIPAL];
  if (!principal) throw new AuthError('token_missing', 'this route needs JwtAuthGuard before it');
  return principal;
}

/** Who calls, once a guard of Tokenward has said so. */
export function principalOf(context: ExecutionContext): Principal | undefined {
  return (carrierOf(context) as Carrier | undefined)?.[PRINCIPAL];
}

/** For what runs behind `JwtAuthGuard`: 401 where it did not run. */
export function callerAt(context: ExecutionContext, asker: string): Principal {
  const principal = principalOf(context);
  if (!principal) throw new AuthError('token_missing', `${asker} needs JwtAuthGuard before it`);
  return principal;
}
