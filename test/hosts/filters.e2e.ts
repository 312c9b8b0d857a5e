import type { ServerResponse } from 'node:http';
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Inject,
  type INestApplication,
  Module,
} from '@nestjs/common';
import { APP_FILTER, BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import { expect, it } from '@jest/globals';
import { AuthError, UserDirectory } from '@tokenward/nestjs';
import { CLEARED, logIn } from '../support/stage.js';
import { eachHost, type HostKind } from './host.js';

const PRIVATE =
  /unknown_user|wrong_password|disabled|signature|malformed_token|token_refused|token_missing|needs JwtAuthGuard|directory/i;

const statusOf = (exception: unknown) =>
  exception instanceof HttpException ? exception.getStatus() : 500;

/** Of the Nest documentation. */
@Catch()
class CatchEverything implements ExceptionFilter {
  constructor(@Inject(HttpAdapterHost) private readonly adapters: HttpAdapterHost) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const body = { statusCode: statusOf(exception), timestamp: 'now' };
    this.adapters.httpAdapter.reply(host.switchToHttp().getResponse(), body, body.statusCode);
  }
}

interface Answers {
  status(code: number): Answers;
  send(body: unknown): void;
}

@Catch()
class ShowsTheMessage implements ExceptionFilter {
  catch(exception: Error, host: ArgumentsHost): void {
    const body = { message: exception.message, stack: exception.stack?.split('\n')[0] };
    host.switchToHttp().getResponse<Answers>().status(statusOf(exception)).send(body);
  }
}

@Catch()
class ShowsEverything implements ExceptionFilter {
  catch(exception: Error & { cause?: Error }, host: ArgumentsHost): void {
    const names = Object.getOwnPropertyNames(exception).filter((name) => name !== 'stack');
    const own = JSON.stringify(exception, names);
    const body = { ...exception, own, cause: exception.cause?.message, text: String(exception) };
    host.switchToHttp().getResponse<Answers>().status(statusOf(exception)).send(body);
  }
}

@Catch()
class Extends extends BaseExceptionFilter {
  override catch(exception: unknown, host: ArgumentsHost): void {
    super.catch(exception, host);
  }
}

@Catch(HttpException)
class OfHttpExceptions implements ExceptionFilter {
  catch(exception: HttpException, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Answers>();
    response.status(exception.getStatus()).send({ problem: exception.getResponse() });
  }
}

@Module({ providers: [{ provide: APP_FILTER, useClass: CatchEverything }] })
class Later {}

const everywhere = (
  make: (app: INestApplication) => ExceptionFilter,
): Pick<HostKind, 'prepare'> => ({
  prepare: (app) => void app.useGlobalFilters(make(app)),
});

const options: HostKind['options'] = { throttle: { accountAndAddress: 3 } };

const KINDS: readonly HostKind[] = [
  { name: 'no filter of its own' },
  {
    name: 'a filter that catches everything, useGlobalFilters',
    ...everywhere((app) => new CatchEverything(app.get(HttpAdapterHost))),
  },
  {
    name: 'a filter that catches everything, APP_FILTER of the root module',
    filter: CatchEverything,
  },
  { name: 'a filter that catches everything, APP_FILTER of a later module', imports: [Later] },
  {
    name: 'a filter that extends BaseExceptionFilter',
    ...everywhere((app) => new Extends(app.getHttpAdapter())),
  },
  { name: 'a filter that shows exception.message', ...everywhere(() => new ShowsTheMessage()) },
  { name: 'a filter that shows all of an exception', ...everywhere(() => new ShowsEverything()) },
  { name: 'a filter of HttpException', ...everywhere(() => new OfHttpExceptions()) },
  {
    name: 'a filter that catches everything, and a middleware that lets a CDN keep all answers',
    prepare: (app) =>
      void app
        .useGlobalFilters(new CatchEverything(app.get(HttpAdapterHost)))
        .use((_request: unknown, response: ServerResponse, next: () => void) => {
          response.setHeader('Cache-Control', 'public, max-age=60');
          next();
        }),
  },
];

eachHost(
  KINDS.map((kind) => ({ ...kind, options })),
  (host) => {
    const get = (path: string, headers = {}) => host().client().get(path, { headers });
    const login = (email: string, password: string, headers = {}) =>
      host().client().post('/auth/login', { email, password }, { headers });

    // T-nhnf
    it('a refused token is 401 with its challenge, with the same body as without a token', async () => {
      for (const path of ['/things', '/auth/me']) {
        const none = await get(path);
        const refused = await get(path, { authorization: 'Bearer a.b.c' });
        expect([none.status, none.headers['www-authenticate']]).toEqual([401, 'Bearer']);
        expect([refused.status, refused.headers['www-authenticate']]).toEqual([
          401,
          'Bearer error="invalid_token"',
        ]);
        for (const answer of [none, refused])
          expect(answer.headers['cache-control']).toBe('no-store');
        expect(none.text + refused.text).not.toMatch(PRIVATE);
        const comparable = (text: string) =>
          text.replaceAll(/Bearer(?: error=\\*"invalid_token\\*")?/g, '');
        expect(comparable(refused.text)).toBe(comparable(none.text));
      }
    });

    it('a missing role is 403, with a good token 200', async () => {
      const { headers } = await host().caller();
      expect((await get('/kept', headers)).status).toBe(403);
      expect((await get('/things', headers)).status).toBe(200);
      expect((await get('/auth/me', headers)).status).toBe(200);
    });

    // T-kzxt
    it('a refused login is one answer, whatever the reason', async () => {
      const [known, locked] = [await host().person(), await host().person({ locked: true })];
      const answers = [
        await login('nobody@people.test', 'a wrong one'),
        await login(known.email, 'a wrong one'),
        await login(locked.email, locked.password),
      ];
      expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      for (const answer of answers) expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(answers[0]?.text).not.toMatch(PRIVATE);
    });

    // T-spvz
    it('too many failures are 429 with Retry-After', async () => {
      const { email } = await host().person();
      for (let at = 0; at < 3; at += 1) await login(email, 'a wrong one');
      const answer = await login(email, 'a wrong one');
      expect(answer.status).toBe(429);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    });

    it('malformed input, and an unreadable body, are 400 without quoting it', async () => {
      const malformed = await host().client().post('/auth/login', { email: 'zq7', password: 1 });
      const unreadable = await host()
        .client()
        .request('POST', '/auth/login', {
          body: '{"password":"zq7',
          headers: { 'content-type': 'application/json' },
        });
      for (const answer of [malformed, unreadable])
        expect([answer.status, answer.headers['cache-control']]).toEqual([400, 'no-store']);
      expect(malformed.text + unreadable.text).not.toContain('zq7');
    });

    it('another site is refused with 403', async () => {
      const { email, password } = await host().person();
      expect((await login(email, password, { origin: 'https://evil.test' })).status).toBe(403);
    });

    it('a refused refresh clears the cookies', async () => {
      const client = host().client();
      await logIn(client, await host().person());
      await client.copy().post('/auth/logout');
      const answer = await client.post('/auth/refresh');
      expect(answer.status).toBe(401);
      expect(answer.setCookies).toEqual(CLEARED);
    });

    // T-qxkq
    it('a store that is down is 503 with Retry-After', async () => {
      const users = host().app.get<UserDirectory>(UserDirectory, { strict: false });
      const { email, password } = await host().person();
      const found = users.findByEmail;
      users.findByEmail = () => Promise.reject(AuthError.unavailable('the directory is away'));
      try {
        const answer = await login(email, password);
        expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
        expect(answer.text).not.toMatch(PRIVATE);
      } finally {
        users.findByEmail = found;
      }
    });
  },
);
