import type { AuthError } from '../../common/auth-error.js';

/**
 * The same as Nest's `WsException`, which every filter of a gateway knows: filters of the application do not run there. The package
 * is there where a gateway is; it is an optional peer, hence loaded late.
 */
export async function wsRefusal(error: AuthError): Promise<Error> {
  const { WsException } = await import('@nestjs/websockets');
  return new WsException(error.getResponse());
}
