import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type Observable, of, tap } from 'rxjs';

type Key = string | ((context: ExecutionContext) => string | undefined) | undefined;

/** As the one of @nestjs/cache-manager works from 3.1 on: by URL, with the metadata that it reads. */
@Injectable()
export class CacheInterceptor implements NestInterceptor {
  readonly cache = new Map<unknown, unknown>();

  constructor(protected readonly reflector: Reflector) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const key = this.trackBy(context);
    if (!key) return next.handle();
    try {
      const known = this.cache.get(key);
      if (known != null) return of(known);
      const targets = [context.getHandler(), context.getClass()];
      const ttl = this.reflector.getAllAndOverride<unknown>('cache_module:cache_ttl', targets);
      if (typeof ttl === 'function')
        await (ttl as (context: ExecutionContext) => Promise<number>)(context);
      return next.handle().pipe(tap((answer: unknown) => this.cache.set(key, answer)));
    } catch {
      return next.handle();
    }
  }

  protected trackBy(context: ExecutionContext): string | undefined {
    const key = this.reflector.get<Key>('cache_module:cache_key', context.getHandler());
    if (key) return typeof key === 'function' ? key(context) : key;
    if (!this.isRequestCacheable(context)) return undefined;
    return context.switchToHttp().getRequest<{ url: string }>().url;
  }

  protected isRequestCacheable(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest<{ method: string }>().method === 'GET';
  }
}

/** Before 3.1 it takes a function of `@CacheKey` itself for the key. */
@Injectable()
export class EarlyCacheInterceptor extends CacheInterceptor {
  protected override trackBy(context: ExecutionContext): string | undefined {
    const key = this.reflector.get<Key>('cache_module:cache_key', context.getHandler());
    return typeof key === 'function' ? String(key) : super.trackBy(context);
  }
}
