import type { AuthError } from '../../common/auth-error.js';

/**
 * The refusal as Nest's `WsException`: only filters of the gateway run there, and each of them knows that class.
 * `@nestjs/websockets` is an optional peer, so it is loaded late; a host with a gateway has it.
 */
export async function wsRefusal(error: AuthError): Promise<Error> {
  const { WsException } = await import('@nestjs/websockets');
  return new WsException(error.getResponse());
}
