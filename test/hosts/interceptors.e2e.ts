import {
  type CallHandler,
  ClassSerializerInterceptor,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  NotFoundException,
  RequestTimeoutException,
} from '@nestjs/common';
import { expect, it } from '@jest/globals';
import { catchError, map, type Observable, tap, throwError, timeout } from 'rxjs';
import { logIn } from '../support/stage.js';
import { CacheInterceptor, EarlyCacheInterceptor } from './cache-interceptor.js';
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

/** `trackBy` overridden, as the documentation of Nest shows it: it asks no metadata. */
@Injectable()
class CacheOfItsOwnKeys extends CacheInterceptor {
  protected override trackBy(context: ExecutionContext): string | undefined {
    const { method, url } = context.switchToHttp().getRequest<{ method: string; url: string }>();
    return method === 'GET' ? url : undefined;
  }
}

/** For a CDN, on every answer. */
@Injectable()
class SaysPublic implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const response = context.switchToHttp().getResponse<Response>();
    const say = () =>
      response.header
        ? response.header('cache-control', 'public, max-age=60')
        : response.setHeader?.('cache-control', 'public, max-age=60');
    say();
    return next.handle().pipe(tap(say));
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
  { name: 'a Cache-Control of its own', interceptor: SaysPublic },
  { name: 'ClassSerializerInterceptor of Nest', interceptor: ClassSerializerInterceptor },
  {
    name: 'a log of answers',
    interceptor: mapping((data) => (logged.push(JSON.stringify(data)), data)),
  },
  { name: 'a cache by URL', interceptor: CacheInterceptor },
  { name: 'a cache by URL that calls no function for a key', interceptor: EarlyCacheInterceptor },
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

  it('no cache may keep an answer of Tokenward’s, or a refusal', async () => {
    const { headers } = await host().caller();
    const client = host().client();
    for (const answer of [
      await client.get('/auth/me', { headers }),
      await client.get('/auth/me'),
      await client.get('/things'),
      await client.delete('/auth/sessions/x', { headers }),
      await client.post('/auth/login', { email: 'nobody@people.test', password: 'x' }),
    ])
      expect([answer.status, answer.headers['cache-control']]).toEqual([answer.status, 'no-store']);
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
