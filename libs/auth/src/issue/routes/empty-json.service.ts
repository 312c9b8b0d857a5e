import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { HttpRequest } from '../../verify/http/adapter.js';
import { isOwnPath } from './own-path.js';

type OnRequest = (
  request: HttpRequest & { readonly url: string },
  reply: unknown,
  done: () => void,
) => void;

/**
 * Clients send refresh and logout with `Content-Type: application/json` and an empty body. Express accepts that.
 * Fastify refuses it before any route runs, so the header is removed there, on Tokenward's own routes only.
 */
@Injectable()
export class EmptyJson implements OnModuleInit {
  constructor(
    private readonly adapters: HttpAdapterHost,
    private readonly options: ResolvedAuthOptions,
  ) {}

  onModuleInit(): void {
    const { httpAdapter } = this.adapters;
    // an application context has no HTTP adapter
    if (httpAdapter?.getType?.() !== 'fastify') return;
    const fastify = httpAdapter.getInstance<{
      addHook(name: 'onRequest', hook: OnRequest): void;
    }>();
    const { prefix } = this.options.routes;
    fastify.addHook('onRequest', ({ headers, url }, _reply, done) => {
      if (headers['content-length'] === '0' && isOwnPath(url, prefix))
        delete headers['content-type'];
      done();
    });
  }
}
