import type { ArgumentsHost } from '@nestjs/common';
import type { AuthError } from '../../common/auth-error.js';
import { grpcCodeOf } from '../../common/refusals.js';
import type { ErrorBody } from '../../contract/index.js';

/** The error from which grpc-js makes a status. `details` is the text that the caller sees. */
export interface GrpcStatus {
  readonly code: number;
  readonly message: string;
  readonly details: string;
}

/** The error of a remote call: a gRPC status if the call came by gRPC, otherwise the body of the HTTP answer. */
export function rpcErrorOf(host: ArgumentsHost, error: AuthError): ErrorBody | GrpcStatus {
  const { message } = error;
  if (!isGrpc(host)) return error.getResponse();
  return { code: grpcCodeOf(error.getStatus()), message, details: message };
}

/**
 * The same as Nest's `RpcException`, which every filter of a remote call knows: filters of the application do not run
 * in a hybrid one. The package is there where a remote call is; it is an optional peer, hence loaded late.
 */
export async function rpcRefusal(host: ArgumentsHost, error: AuthError): Promise<Error> {
  const { RpcException } = await import('@nestjs/microservices');
  return new RpcException(rpcErrorOf(host, error));
}

/** Only gRPC has Metadata for a context and the call as the third argument. */
function isGrpc(host: ArgumentsHost): boolean {
  const context: unknown = host.switchToRpc().getContext();
  return typeof context === 'object' && context !== null && 'getMap' in context;
}
