import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { map, type Observable } from 'rxjs';
import { admittedBy, principalOf } from '../guards/call-context.js';
import { appendTo, INTERCEPTORS, takeFrom } from '../guards/held-call.guard.js';
import { hostRoutes } from '../guards/host-routes.js';
import { RequestAuthenticator } from '../http/request-authenticator.service.js';
import { LiveConnections } from './live-connections.service.js';

/**
 * Ends GraphQL subscriptions with their session, like sockets, because a guard runs only when one begins. It is added
 * to every subscription of the host before the schema is built. A subscription of a `@Public()` field continues.
 */
@Injectable()
export class LiveSubscriptions implements NestInterceptor, OnApplicationShutdown {
  private readonly handlers: readonly object[];

  constructor(
    container: ModulesContainer,
    private readonly connections: LiveConnections,
    private readonly authenticator: RequestAuthenticator,
  ) {
    this.handlers = [...hostRoutes(container)]
      .filter(({ kind }) => kind !== 'other')
      .map(({ handler }) => handler)
      .filter(
        (handler) => Reflect.getMetadata('graphql:resolver_type', handler) === 'Subscription',
      );
    for (const handler of this.handlers) appendTo(handler, INTERCEPTORS, this);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const principal = principalOf(context);
    // the caller belongs to another instance, or to another application of this process
    if (!principal || admittedBy(context) !== this.authenticator) return next.handle();
    const isStream = (value: unknown): value is AsyncIterable<unknown> =>
      typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
    return next
      .handle()
      .pipe(
        map((value: unknown) =>
          isStream(value) ? this.connections.endingWith(principal, value) : value,
        ),
      );
  }

  onApplicationShutdown(): void {
    for (const handler of this.handlers) takeFrom(handler, INTERCEPTORS, this);
  }
}
