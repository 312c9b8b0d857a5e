import {
  applyDecorators,
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  type NestInterceptor,
  Post,
  type Provider,
  SetMetadata,
  type Type,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { APP_INTERCEPTOR, HttpAdapterHost, Reflector } from '@nestjs/core';
import { Query, Resolver } from '@nestjs/graphql';
import { describe, expect, it } from '@jest/globals';
import { CACHE_KEY } from './cached-for-all.js';
import { Public } from './decorators.js';
import type { AppParts } from '../http/http-app.fixture.js';
import { boot, globally, host } from './held-routes.fixture.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { settings } from '../http/samples.fixture.js';

/** The members of the one of @nestjs/cache-manager by which it is known. */
@Injectable()
class CacheInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler) {
    return next.handle();
  }
  trackBy(_: ExecutionContext): string | undefined {
    return 'the url';
  }
  isRequestCacheable(): boolean {
    return true;
  }
}
/** One that needs more than Tokenward knows of. */
@Injectable()
class LaterCacheInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler) {
    return next.handle();
  }
  trackBy(context: ExecutionContext): string | undefined {
    return context.getClass().name;
  }
  isRequestCacheable(): boolean {
    return true;
  }
}
/** Before 3.1. */
@Injectable()
class EarlyCacheInterceptor implements NestInterceptor {
  constructor(readonly reflector: Reflector) {}
  intercept(_: ExecutionContext, next: CallHandler) {
    return next.handle();
  }
  trackBy(context: ExecutionContext): string | undefined {
    return this.reflector.get(CACHE_KEY, context.getHandler());
  }
  isRequestCacheable(): boolean {
    return true;
  }
}
/** A copy that a host has changed. */
@Injectable()
class HttpCacheInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler) {
    return next.handle();
  }
  trackBy(context: ExecutionContext): string | undefined {
    return context.switchToHttp().getRequest<{ user?: { id: string } }>().user?.id;
  }
  isRequestCacheable(): boolean {
    return true;
  }
}
/** The package's own body, in an application whose bundler makes names short. */
@Injectable()
class Minified {
  constructor(
    readonly httpAdapterHost: HttpAdapterHost,
    readonly reflector: Reflector,
  ) {}
  readonly intercept = (_: ExecutionContext, next: CallHandler) => next.handle();
  trackBy(context: ExecutionContext): string | undefined {
    const { httpAdapter } = this.httpAdapterHost;
    const said: string | undefined = this.reflector.get(CACHE_KEY, context.getHandler());
    if (!httpAdapter?.getRequestMethod || said !== undefined) return said;
    return httpAdapter.getRequestUrl(context.getArgByIndex(0)) as string;
  }
  isRequestCacheable(): boolean {
    return true;
  }
}
Object.defineProperty(Minified, 'name', { value: 'r' });
/** A copy that adds the caller, where there is one. */
@Injectable()
class CopyPerUser {
  constructor(readonly httpAdapterHost: HttpAdapterHost) {}
  readonly intercept = (_: ExecutionContext, next: CallHandler) => next.handle();
  trackBy(context: ExecutionContext): string | undefined {
    const request = context.getArgByIndex<{ user?: { id: string } }>(0);
    return `${request.user?.id ?? ''}${this.httpAdapterHost.httpAdapter.getRequestUrl(request)}`;
  }
  isRequestCacheable(): boolean {
    return true;
  }
}
// all of the package have this name
for (const each of [EarlyCacheInterceptor, LaterCacheInterceptor])
  Object.defineProperty(each, 'name', { value: CacheInterceptor.name });
@Injectable()
class Longer extends CacheInterceptor {}
@Injectable()
class PerUser extends CacheInterceptor {
  override trackBy(): string | undefined {
    return undefined;
  }
}

/** Of a host that changes both members. */
@Injectable()
class PerUserOfPosts extends CacheInterceptor {
  override trackBy(context: ExecutionContext): string | undefined {
    return context.switchToHttp().getRequest<{ user?: { id: string } }>().user?.id;
  }
  override isRequestCacheable(): boolean {
    return true;
  }
}

@Injectable()
class OfAnother extends JwtAuthGuard {
  static override readonly instance = 'staff';
  override get instance(): string {
    return 'staff';
  }
}

const cached = UseInterceptors(CacheInterceptor);
const guarded = UseGuards(JwtAuthGuard);
const key = (said: unknown) => SetMetadata(CACHE_KEY, said) as MethodDecorator;
const everywhere = (useClass: Type<CacheInterceptor>): Provider => ({
  provide: APP_INTERCEPTOR,
  useClass,
});

async function linesOf(route: ReturnType<typeof host>, parts: AppParts = {}) {
  const lines: string[] = [];
  const keep = (line: unknown) => void lines.push(String(line));
  const quiet = () => undefined;
  const logger = { log: quiet, debug: quiet, verbose: quiet, warn: keep, error: keep, fatal: keep };
  const outcome = await boot(route, { ...parts, logger });
  return [outcome, ...lines.filter((line) => line.includes('cached'))];
}
const LINE = expect.stringMatching(/^Host.handle: is cached without a look at the caller/);

describe('a guarded route whose cache does not look at the caller', () => {
  it.each<[string, ReturnType<typeof host>, AppParts?]>([
    ['on the handler', host(Controller('x'), Get(), guarded, cached)],
    ['on the class', host(applyDecorators(Controller('x'), cached), Get(), guarded)],
    [
      'global',
      host(Controller('x'), Get(), guarded),
      { providers: [everywhere(CacheInterceptor)] },
    ],
    [
      'global, by useGlobalInterceptors',
      host(Controller('x'), Get(), guarded),
      { prepare: (app) => app.useGlobalInterceptors(new CacheInterceptor()) },
    ],
    [
      'a class that changes something else',
      host(Controller('x'), Get(), guarded, UseInterceptors(Longer)),
    ],
    ['a short name in a bundle', host(Controller('x'), Get(), guarded, UseInterceptors(Minified))],
    ['with one key for all', host(Controller('x'), Post(), guarded, cached, key('all'))],
    [
      'with a function for the key that is not called',
      host(
        Controller('x'),
        Get(),
        guarded,
        UseInterceptors(EarlyCacheInterceptor),
        key(() => 'k'),
      ),
    ],
    [
      'of GraphQL, with one key for all',
      host(
        Resolver(),
        Query(() => String),
        guarded,
        cached,
        key('all'),
      ),
    ],
    [
      'under a global guard',
      host(Controller('x'), Get(), cached),
      { providers: globally({ useExisting: JwtAuthGuard }) },
    ],
  ])('%s: the boot says so', async (...[, route, parts]) => {
    expect(await linesOf(route, parts)).toEqual(['boots', LINE]);
  });

  it('stops the boot under strictConfig', async () => {
    const options = { ...settings(), strictConfig: true };
    expect(await boot(host(Controller('x'), Get(), guarded, cached), { options })).toMatch(
      /^Host.handle: is cached without a look at the caller.*\(strictConfig\)/,
    );
  });
});

describe('the boot says nothing of', () => {
  it.each<[string, ReturnType<typeof host>, AppParts?]>([
    ['a trackBy of the host', host(Controller('x'), Get(), guarded, UseInterceptors(PerUser))],
    [
      'a trackBy of the host, which also says what is cached',
      host(
        Controller('x'),
        Get(),
        guarded,
        UseInterceptors(PerUserOfPosts),
        key(() => 'k'),
      ),
    ],
    [
      'a key that is a function',
      host(
        Controller('x'),
        Get(),
        guarded,
        cached,
        key(() => 'k'),
      ),
    ],
    // T-c4cp
    [
      'a copy that the host has changed',
      host(Controller('x'), Get(), guarded, UseInterceptors(HttpCacheInterceptor)),
    ],
    [
      'a copy that adds the caller to the URL',
      host(Controller('x'), Get(), guarded, UseInterceptors(CopyPerUser)),
    ],
    [
      'a copy that the host has changed, with a function for the key',
      host(
        Controller('x'),
        Get(),
        guarded,
        UseInterceptors(HttpCacheInterceptor),
        key(() => 'k'),
      ),
    ],
    [
      'a function for the key, where it cannot be tried whether it is called',
      host(
        Controller('x'),
        Get(),
        guarded,
        UseInterceptors(LaterCacheInterceptor),
        key(() => 'k'),
      ),
    ],
    ['a request that is not cached', host(Controller('x'), Post(), guarded, cached)],
    ['a route of another instance', host(Controller('x'), Get(), UseGuards(OfAnother), cached)],
    ['a route without a guard', host(Controller('x'), Get(), cached)],
    [
      'a public route',
      host(Controller('x'), Get(), cached, Public()),
      { providers: globally({ useExisting: JwtAuthGuard }) },
    ],
    [
      'Tokenward’s own',
      host(Controller('x'), Get()),
      { providers: [everywhere(CacheInterceptor)] },
    ],
    [
      'Tokenward’s own, where functions are not called',
      host(Controller('x'), Get()),
      { providers: [everywhere(EarlyCacheInterceptor)] },
    ],
    [
      'another interceptor',
      host(
        Controller('x'),
        Get(),
        guarded,
        UseInterceptors({ intercept: (_, next) => next.handle() }),
      ),
    ],
  ])('%s', async (...[, route, parts]) => {
    expect(await linesOf(route, parts)).toEqual(['boots']);
  });
});
