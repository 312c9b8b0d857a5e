import {
  type CallHandler,
  ClassSerializerInterceptor,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  NotFoundException,
  RequestTimeoutException,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { expect, it } from '@jest/globals';
import { catchError, map, type Observable, of, tap, throwError, timeout } from 'rxjs';
import { logIn } from '../support/stage.js';
import { eachHost, type HostKind } from './host.js';

type Response = {
  statusCode: number;
  header?(n: string, v: string): void;
  setHeader?(n: string, v: string): void;
};

/** An interceptor that does this to every answer. */
function mapping(change: (answer: never, context: ExecutionContext) => unknown) {
  @Injectable()
  class Mapping implements NestInterceptor {
    intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
      return next.handle().pipe(map((answer: unknown) => change(answer as never, context)));
    }
  }
  return Mapping;
}

/** As `CacheInterceptor` of @nestjs/cache-manager works: by URL, with the metadata that it reads. */
@Injectable()
class CacheByUrl implements NestInterceptor {
  readonly cache = new Map<string, unknown>();

  constructor(protected readonly reflector: Reflector) {}

  protected keyOf(context: ExecutionContext): string | undefined {
    type Key = string | ((context: ExecutionContext) => string | undefined) | undefined;
    const key = this.reflector.get<Key>('cache_module:cache_key', context.getHandler());
    if (typeof key === 'function') return key(context);
    return key ?? this.urlOf(context);
  }

  protected urlOf(context: ExecutionContext): string | undefined {
    const { method, url } = context.switchToHttp().getRequest<{ method: string; url: string }>();
    return method === 'GET' ? url : undefined;
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const key = this.keyOf(context);
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
}

/** `trackBy` overridden, as the documentation of Nest shows it: it asks no metadata. */
@Injectable()
class CacheOfItsOwnKeys extends CacheByUrl {
  protected override keyOf(context: ExecutionContext): string | undefined {
    return this.urlOf(context);
  }
}

const logged: string[] = [];

const KINDS: readonly HostKind[] = [
  { name: 'an envelope', interceptor: mapping((data) => ({ data })) },
  {
    name: 'an envelope that looks inside',
    interceptor: mapping((data: { message?: string }) => ({
      ok: true,
      message: data.message,
      data,
    })),
  },
  {
    name: 'a rename of members',
    interceptor: mapping((data: object) =>
      Object.fromEntries(Object.entries(data).map(([k, v]) => [`_${k}`, v])),
    ),
  },
  {
    name: 'nothing becomes 404',
    interceptor: mapping(
      (data) =>
        data ??
        (() => {
          throw new NotFoundException();
        })(),
    ),
  },
  {
    name: 'a header after the handler',
    interceptor: mapping((data, context) => {
      const response = context.switchToHttp().getResponse<Response>();
      if (response.header) response.header('x-took', '1');
      else response.setHeader?.('x-took', '1');
      return data;
    }),
  },
  { name: 'ClassSerializerInterceptor of Nest', interceptor: ClassSerializerInterceptor },
  {
    name: 'a log of answers',
    interceptor: mapping((data) => (logged.push(JSON.stringify(data)), data)),
  },
  { name: 'a cache by URL', interceptor: CacheByUrl },
  { name: 'a cache that makes its own keys', interceptor: CacheOfItsOwnKeys },
  {
    name: 'a timeout and a catchError',
    interceptor: Injectable()(
      class implements NestInterceptor {
        intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
          return next.handle().pipe(
            timeout(20_000),
            catchError((error: Error) =>
              throwError(() =>
                error.name === 'TimeoutError' ? new RequestTimeoutException() : error,
              ),
            ),
          );
        }
      },
    ) as never,
  },
];

eachHost(KINDS, (host) => {
  // T-dmc7
  it('the JWKS and other machine-readable answers are unchanged', async () => {
    const answer = await host().client().get('/.well-known/jwks.json');
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('public, max-age=3600');
    expect(answer.json()).toEqual({
      keys: [expect.objectContaining({ alg: 'ES256', use: 'sig' })],
    });
  });

  it('a login, a refresh and a logout answer as described', async () => {
    const client = host().client();
    const person = await host().person();
    const shown = { tokenType: 'Bearer', expiresIn: 900, accessToken: expect.any(String) };
    const login = await logIn(client, person, { transport: 'hybrid' });
    expect(login.json()).toEqual({
      ...shown,
      user: { id: person.id, email: person.email, role: 'member' },
    });
    expect((await client.post('/auth/refresh')).json()).toEqual(shown);
    const logout = await client.post('/auth/logout');
    expect([logout.status, logout.text]).toEqual([204, '']);
    expect(logged.join()).not.toContain(login.json<{ accessToken: string }>().accessToken);
  });

  // T-xs5p
  it('nobody gets another user’s answer', async () => {
    const [ada, bob] = [await host().caller(), await host().caller()];
    for (const me of [ada, bob, ada]) {
      const answer = await host().client().get('/auth/me', { headers: me.headers });
      expect(answer.json()).toMatchObject({ id: me.id });
      const list = await host().client().get('/auth/sessions', { headers: me.headers });
      expect(list.json<unknown[]>()).toEqual([expect.objectContaining({ current: true })]);
    }
    const mine = await host().client().get('/auth/sessions', { headers: ada.headers });
    const others = await host().client().get('/auth/sessions', { headers: bob.headers });
    expect(mine.text).not.toBe(others.text);
  });

  it('a refusal stays a refusal', async () => {
    const me = await host().client().get('/auth/me');
    expect([me.status, me.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    const login = await host()
      .client()
      .post('/auth/login', { email: 'nobody@people.test', password: 'x' });
    expect(login.json()).toMatchObject({ statusCode: 401, code: 'login_refused' });
  });
});
