import type { ExecutionContext } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { Principal } from '../../common/principal.js';
import { graphqlCall } from './graphql-call.js';
import { remoteCall } from './remote-call.js';
import { rpcRequest } from './rpc-token.js';
import type { HttpRequest } from '../http/adapter.js';

/** Only Tokenward writes this member, so a `request.user` of another strategy is never taken for a principal. */
const PRINCIPAL = Symbol.for('tokenward.principal');

const ADMITTED_BY = Symbol.for('tokenward.admitted-by');

const SEVERAL = Symbol.for('tokenward.several-instances');

const NOBODY = Symbol.for('tokenward.nobody');

interface Path {
  readonly prev?: Path;
}

interface Carrier {
  [PRINCIPAL]?: Principal;
  [ADMITTED_BY]?: object;
  /** Guards of different instances accepted callers of one GraphQL request. */
  [SEVERAL]?: true;
  /** `JwtAuthGuard` found no token and accepted the call. */
  [NOBODY]?: true;
  user?: unknown;
}

/**
 * The object that carries the caller through a whole call: the HTTP request (also under GraphQL), the socket, or what
 * stands for a remote call.
 */
export function carrierOf(context: ExecutionContext): object | undefined {
  switch (context.getType<string>()) {
    case 'http':
      return context.switchToHttp().getRequest<object>();
    case 'graphql':
      return graphqlCall(context.getArgByIndex(2))?.carrier;
    case 'ws':
      return context.switchToWs().getClient<object>();
    case 'rpc':
      return remoteCall(context.switchToRpc());
    default:
      return undefined;
  }
}

/**
 * The request that carries the token: the HTTP request, also under GraphQL, or the header of a remote call in the
 * form of a request; undefined if there is none.
 */
export function requestOf(
  context: ExecutionContext,
  carrier: object | undefined = carrierOf(context),
): HttpRequest | undefined {
  switch (context.getType<string>()) {
    case 'http':
      return carrier as HttpRequest | undefined;
    case 'graphql':
      return graphqlCall(context.getArgByIndex(2))?.request;
    case 'rpc':
      return rpcRequest(context);
    default:
      return undefined;
  }
}

/** Makes the caller known to guards and decorators, and to the host as `user`. */
export function setPrincipal(carrier: object, principal: Principal): void {
  (carrier as Carrier)[PRINCIPAL] = principal;
  (carrier as Carrier).user = principal;
}

/**
 * Like `setPrincipal`, for one instance. The fields of a GraphQL operation share their request and run in parallel,
 * also under guards of different instances. So each field keeps its own caller, for itself and the fields below it.
 */
export function admit(
  context: ExecutionContext,
  principal: Principal,
  by: object,
  carrier = carrierOf(context) as Carrier,
): void {
  const field = fieldsOf(context)[0];
  if (field) {
    if (carrier[ADMITTED_BY] !== undefined && carrier[ADMITTED_BY] !== by) carrier[SEVERAL] = true;
    field[PRINCIPAL] = principal;
    field[ADMITTED_BY] = by;
  }
  setPrincipal(carrier, principal);
  carrier[ADMITTED_BY] = by;
}

export function admitNobody(carrier: object | undefined): void {
  if (carrier) (carrier as Carrier)[NOBODY] = true;
}

/** Whether `JwtAuthGuard` ran and accepted the call without a token. */
export function isNobody(context: ExecutionContext): boolean {
  return (
    principalOf(context) === undefined &&
    (carrierOf(context) as Carrier | undefined)?.[NOBODY] === true
  );
}

export function admittedBy(context: ExecutionContext): object | undefined {
  return admittedIn(context)?.[ADMITTED_BY];
}

/** A closed socket still delivers messages that were under way. */
export function forgetPrincipal(carrier: object): void {
  Reflect.deleteProperty(carrier, PRINCIPAL);
  Reflect.deleteProperty(carrier, 'user');
}

/** The caller of a route behind `JwtAuthGuard`. */
export function callerOf(request: object): Principal {
  const principal = (request as Carrier)[PRINCIPAL];
  if (!principal) throw new AuthError('token_missing', 'this route needs JwtAuthGuard before it');
  return principal;
}

/** The caller, after a guard of Tokenward has run. */
export function principalOf(context: ExecutionContext): Principal | undefined {
  return admittedIn(context)?.[PRINCIPAL];
}

/**
 * The nearest field with a caller; otherwise the carrier that all fields share, unless several instances accepted
 * callers.
 */
function admittedIn(context: ExecutionContext): Carrier | undefined {
  const field = fieldsOf(context).find((each) => each[PRINCIPAL] !== undefined);
  if (field) return field;
  const carrier = carrierOf(context) as Carrier | undefined;
  return carrier?.[SEVERAL] ? undefined : carrier;
}

const NO_FIELDS: readonly Carrier[] = [];

/**
 * A GraphQL field, then the fields above it. A path is one object for a field and all below it (graphql-js, `addPath`).
 */
function fieldsOf(context: ExecutionContext): readonly Carrier[] {
  if (context.getType<string>() !== 'graphql') return NO_FIELDS;
  const fields: Carrier[] = [];
  let at = context.getArgByIndex<{ readonly path?: Path } | undefined>(3)?.path;
  for (; at; at = at.prev) fields.push(at as Carrier);
  return fields;
}

/** For guards that check what a browser sends. Throws `configuration_invalid` if the call has no HTTP request. */
export function httpRequestOf(context: ExecutionContext, asker: string): HttpRequest {
  const type = context.getType<string>();
  const request = type === 'http' || type === 'graphql' ? requestOf(context) : undefined;
  if (request) return request;
  throw AuthError.configuration(
    asker,
    `judges HTTP requests, and this ${type} call has none: take it off that handler`,
  );
}

/** For code that runs behind `JwtAuthGuard`: 401 if that guard did not run. */
export function callerAt(context: ExecutionContext, asker: string): Principal {
  const principal = principalOf(context);
  if (!principal) throw new AuthError('token_missing', `${asker} needs JwtAuthGuard before it`);
  return principal;
}
