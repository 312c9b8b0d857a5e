import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { HttpResponse } from '../../verify/http/adapter.js';
import { preparedFor } from '../../verify/http/refused.js';
import { isOwnPath } from './own-path.js';
import { refusalOfUnreadable } from './unreadable-body.js';

interface Incoming {
  readonly url: string;
  readonly headers: { readonly 'content-type'?: string };
}

type Done = (error?: unknown) => void;

interface Express {
  use(
    handler: (error: unknown, request: Incoming, response: HttpResponse, next: Done) => void,
  ): void;
}

type FastifyReply = HttpResponse & { send(payload?: unknown): unknown };

interface Fastify {
  addHook(
    name: 'onRequest',
    hook: (request: Incoming, reply: FastifyReply, done: Done) => void,
  ): void;
}

/**
 * The host's body parsers fail before Nest picks a route, with errors of their own. On Tokenward's own routes these
 * become refusals of Tokenward's shape, which the exception filters then handle like any other.
 */
@Injectable()
export class UnreadableBodies implements OnModuleInit {
  constructor(
    private readonly adapters: HttpAdapterHost,
    private readonly options: ResolvedAuthOptions,
  ) {}

  onModuleInit(): void {
    const { httpAdapter } = this.adapters;
    switch (httpAdapter?.getType?.()) {
      case 'express':
        // registered after the routes and before Nest's own error handler
        httpAdapter.getInstance<Express>().use((error, request, response, next) => {
          next(this.isOurs(request.url) ? named(error, request, response) : error);
        });
        break;
      case 'fastify':
        httpAdapter.getInstance<Fastify>().addHook('onRequest', (request, reply, done) => {
          if (this.isOurs(request.url)) this.watch(request, reply);
          done();
        });
        break;
      default:
      // an application context has no HTTP adapter
    }
  }

  /** Fastify passes a parser's error to `send` before any error handler runs. */
  private watch(request: Incoming, reply: FastifyReply): void {
    const { send } = reply;
    reply.send = (payload) => {
      reply.send = send;
      return send.call(reply, named(payload, request, reply));
    };
  }

  private isOurs(url: string): boolean {
    return isOwnPath(url, this.options.routes.prefix);
  }
}

/** The refusal, whose headers any filter sends; whatever is no error of a parser is returned unchanged. */
function named(error: unknown, { headers }: Incoming, response: HttpResponse): unknown {
  return preparedFor(response, refusalOfUnreadable(error, headers['content-type']) ?? error);
}
