import type { Readable } from 'node:stream';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { HttpRequest } from '../../verify/http/adapter.js';
import { isOwnPath } from './own-path.js';
import { hasBytes } from './unread-body.js';

type OnRequest = (
  request: HttpRequest & { readonly url: string; readonly raw: Readable },
  reply: unknown,
  done: () => void,
) => void;

/**
 * Clients send refresh and logout with `Content-Type: application/json` and an empty body, and a proxy may send such a
 * body in chunks. HTTP/2, and adapters that make a request of an event (`inject`, AWS Lambda), may announce no length at
 * all. Express accepts that. Fastify refuses it before any route runs, so the headers are removed there, on
 * Tokenward's own routes only.
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
    fastify.addHook('onRequest', ({ headers, url, raw }, _reply, done) => {
      const {
        'content-length': length,
        'content-type': type,
        'transfer-encoding': coding,
      } = headers;
      const mayBeEmpty = length === undefined ? (type ?? coding) !== undefined : length === '0';
      if (!mayBeEmpty || !isOwnPath(url, prefix)) return done();
      if (length === '0') {
        delete headers['content-type'];
        return done();
      }
      void hasBytes(raw).then((has) => {
        if (has) return done();
        delete headers['content-type'];
        delete headers['transfer-encoding'];
        done();
      });
    });
  }
}
