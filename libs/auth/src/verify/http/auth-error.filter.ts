import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { throwError } from 'rxjs';
import { AuthError } from '../../common/auth-error.js';
import { rpcErrorOf } from '../guards/rpc-refusal.js';
import { type HttpResponse, setHeader } from './adapter.js';
import { tellLog } from './refused.js';

/** ws and socket.io, as far as an answer needs them. */
interface Socket {
  send?(text: string): void;
  emit(name: string, body: unknown): unknown;
  readonly readyState?: number;
}

/**
 * Turns refusals into answers in the whole application (`APP_FILTER`), unless a filter of the host handles them first.
 */
@Catch(AuthError)
export class AuthErrorFilter implements ExceptionFilter<AuthError> {
  constructor(private readonly adapters: HttpAdapterHost) {}

  catch(error: AuthError, host: ArgumentsHost): unknown {
    tellLog(error);
    switch (host.getType<string>()) {
      case 'http':
        return this.reply(error, host);
      case 'rpc':
        return throwError(() => rpcErrorOf(host, error));
      case 'ws':
        return tellSocket(host.switchToWs().getClient<Socket>(), error.getResponse());
      default:
        // GraphQL reports what a filter returns
        return error;
    }
  }

  private reply(error: AuthError, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<HttpResponse>();
    const { httpAdapter } = this.adapters;
    if (httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response);
      return;
    }
    for (const [name, value] of Object.entries(error.headers)) setHeader(response, name, value);
    httpAdapter.reply(response, error.getResponse(), error.getStatus());
  }
}

/** Uses the event name of Nest's own filter. `emit` of ws sends nothing to the client. */
function tellSocket(socket: Socket, body: unknown): void {
  if (socket.readyState === undefined || !socket.send) socket.emit('exception', body);
  else if (socket.readyState === 1) socket.send(JSON.stringify({ event: 'exception', data: body }));
}
