import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { throwError } from 'rxjs';
import { AuthError } from '../../common/auth-error.js';
import { type HttpResponse, setHeader } from './adapter.js';
import { answerTo, type ErrorAnswer } from './error-answer.js';
import { answerToUnreadable, UnreadableBody } from './unreadable-body.js';

/** ws and socket.io, as far as an answer needs them. */
interface Socket {
  send?(text: string): void;
  emit(name: string, body: unknown): unknown;
  readonly readyState?: number;
}

/** Turns refusals into answers, app-wide (`APP_FILTER`), so that guards answer alike on the host's routes. */
@Catch(AuthError, UnreadableBody)
export class AuthErrorFilter implements ExceptionFilter<AuthError | HttpException> {
  private readonly logger = new Logger('Tokenward');

  constructor(private readonly adapters: HttpAdapterHost) {}

  catch(exception: AuthError | HttpException, host: ArgumentsHost): unknown {
    const answer = this.answer(exception);
    switch (host.getType<string>()) {
      case 'http':
        return this.reply(answer, host);
      case 'rpc':
        return throwError(() => answer.body);
      case 'ws':
        return tellSocket(host.switchToWs().getClient<Socket>(), answer.body);
      default:
        // GraphQL reports what a filter returns
        return new HttpException(answer.body, answer.body.statusCode);
    }
  }

  private answer(exception: AuthError | HttpException): ErrorAnswer {
    if (!(exception instanceof AuthError))
      return { body: answerToUnreadable(exception), headers: { 'Cache-Control': 'no-store' } };
    const answer = answerTo(exception);
    this.log(exception, answer.body.statusCode);
    return answer;
  }

  private reply({ body, headers }: ErrorAnswer, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<HttpResponse>();
    const { httpAdapter } = this.adapters;
    if (httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response);
      return;
    }
    for (const [name, value] of Object.entries(headers)) setHeader(response, name, value);
    httpAdapter.reply(response, body, body.statusCode);
  }

  /** The private detail alone: messages of causes may quote query parameters. */
  private log(error: AuthError, status: number): void {
    if (status === 500) this.logger.error(error.message);
    else if (status === 503) this.logger.warn(error.message);
    else this.logger.debug(error.message);
  }
}

/** As Nest's own filter names it. `emit` of ws never leaves the process. */
function tellSocket(socket: Socket, body: unknown): void {
  if (socket.readyState === undefined || !socket.send) socket.emit('exception', body);
  else if (socket.readyState === 1) socket.send(JSON.stringify({ event: 'exception', data: body }));
}
