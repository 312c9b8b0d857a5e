import { Controller, Get, Scope, UseGuards, Version } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CurrentUser } from './decorators.js';
import { routes } from './guards.fixture.js';
import { ADAPTERS, startApp } from '../http/http-app.fixture.js';
import type { Answer, TestApp } from '../http/test-app.fixture.js';
import { FakeAuthenticateFlow } from '../http/fake-authenticate.fixture.js';
import { NOW_MS, principal } from '../http/samples.fixture.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { TokenVersionGuard } from '../../issue/sessions/token-version.guard.js';
import {
  BAD_COOKIE,
  FOREIGN,
  GOOD_COOKIE,
  GOOD_HEADER,
  MODES,
  REFRESH_COOKIE,
  REFUSAL,
  STALE_PROOF,
  bearer,
  forbidden,
} from './guard-modes.fixture.js';

describe.each(ADAPTERS)('guards on %s', (adapter) => {
  describe.each(MODES)('%s', (mode, path, providers, controllers) => {
    const authenticate = new FakeAuthenticateFlow();
    let app: TestApp;
    const get = (route: string, token?: string): Promise<Answer> =>
      app.call('GET', `/${path}/${route}`, token ? bearer(token) : {});
    const remove = (route: string, token: string) =>
      app.call('DELETE', `/${path}/${route}`, bearer(token));
    beforeAll(async () => {
      app = await startApp(adapter, { providers, controllers, authenticate });
    });
    afterEach(() => {
      authenticate.revocationModes.length = 0;
    });
    afterAll(() => app.app.close());

    // T-kk3x
    it('accepts a good token and passes its principal on, at once or later', async () => {
      expect((await get('mine', 'good')).json).toEqual({ id: 'u1', same: true });
      expect((await get('mine', 'slow')).json).toEqual({ id: 'u1', same: true });
    });

    it('answers a missing token and a refused one with the same bytes in the body', async () => {
      const none = await get('mine');
      const refused = await get('mine', 'forged');
      expect([none.status, none.text, none.headers['www-authenticate']]).toEqual([
        401,
        REFUSAL,
        'Bearer',
      ]);
      expect([refused.status, refused.text, refused.headers['www-authenticate']]).toEqual([
        401,
        REFUSAL,
        'Bearer error="invalid_token"',
      ]);
      expect(refused.headers['cache-control']).toBe('no-store');
    });

    it.each(['down', 'slowly-down'])(
      'answers 503 with Retry-After when a store is %s',
      async (token) => {
        const answer = await get('mine', token);
        expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
        expect(Object.keys(answer.json as object)).toEqual([
          'statusCode',
          'error',
          'message',
          'code',
        ]);
      },
    );

    it('uses the cookie, even a bad one, before a good header', async () => {
      const headers = { cookie: 'access_token=forged', authorization: 'Bearer good' };
      expect((await app.call('GET', `/${path}/mine`, { headers })).status).toBe(401);
      const twice = { cookie: 'access_token=good; access_token=good' };
      expect((await app.call('GET', `/${path}/mine`, { headers: twice })).status).toBe(401);
      expect((await app.call('GET', `/${path}/mine?access_token=good`)).status).toBe(401);
    });

    it.each<[string, Record<string, string>, number]>([
      ['good cookie, foreign origin', { ...GOOD_COOKIE, ...FOREIGN }, 403],
      ['bad cookie, foreign origin: before any 401', { ...BAD_COOKIE, ...FOREIGN }, 403],
      [
        'a refresh cookie alone, cross-site: before any 401',
        { ...REFRESH_COOKIE, 'sec-fetch-site': 'cross-site' },
        403,
      ],
      [
        'a refresh cookie beside a good header',
        { ...REFRESH_COOKIE, ...GOOD_HEADER, ...FOREIGN },
        403,
      ],
      [
        'a refresh cookie of the own page',
        { ...REFRESH_COOKIE, 'sec-fetch-site': 'same-origin' },
        401,
      ],
      [
        'two cookies, cross-site',
        { cookie: 'access_token=; access_token=', 'sec-fetch-site': 'cross-site' },
        403,
      ],
      [
        'cookie and header, same-site',
        { ...GOOD_COOKIE, ...GOOD_HEADER, 'sec-fetch-site': 'same-site' },
        403,
      ],
      ['good cookie, trusted origin', { ...GOOD_COOKIE, origin: 'https://app.example.com' }, 201],
      ['good cookie, no browser', GOOD_COOKIE, 201],
      ['bearer alone, foreign origin', { ...GOOD_HEADER, ...FOREIGN }, 201],
      ['no token, foreign origin', FOREIGN, 401],
      ['bad cookie, same origin', { ...BAD_COOKIE, 'sec-fetch-site': 'same-origin' }, 401],
    ])('unsafe: %s', async (_, headers, status) => {
      const answer = await app.call('POST', `/${path}/mine`, { headers });
      expect(answer.status).toBe(status);
      if (status === 403)
        expect(answer.json).toEqual(forbidden('Cross-origin request refused', 'cross_origin'));
    });

    it('knows its own origin by the Host header and the connection', async () => {
      const headers = (origin: string) => ({ headers: { ...GOOD_COOKIE, origin } });
      const post = (origin: string) => app.call('POST', `/${path}/mine`, headers(origin));
      expect((await post(`http://127.0.0.1:${app.port}`)).status).toBe(201);
      expect((await post(`https://127.0.0.1:${app.port}`)).status).toBe(403);
    });

    it('accepts a cross-site link, because its method is safe', async () => {
      const headers = { cookie: 'access_token=good', 'sec-fetch-site': 'cross-site' };
      expect((await app.call('GET', `/${path}/mine`, { headers })).status).toBe(200);
    });

    it('leaves a public route open, with any token', async () => {
      for (const token of [undefined, 'forged', 'good'])
        expect((await get('public', token)).json).toEqual({ user: null });
    });

    // T-cthn
    it('treats a missing token as no user where it is optional, and refuses a bad one', async () => {
      expect((await get('optional')).json).toEqual({ id: null });
      expect((await get('optional', 'good')).json).toEqual({ id: 'u1' });
      expect((await get('optional', 'slow')).json).toEqual({ id: 'u1' });
      for (const token of ['forged', 'revoked-of-no-list']) {
        const refused = await get('optional', token);
        expect([refused.status, refused.text]).toEqual([401, REFUSAL]);
      }
      expect((await get('optional', 'down')).status).toBe(503);
      const call = (headers: Record<string, string>, method = 'GET') =>
        app.call(method, `/${path}/optional`, { headers });
      expect((await call({ cookie: 'access_token=' })).json).toEqual({ id: null });
      expect((await call({ authorization: 'Basic YTpi' })).json).toEqual({ id: null });
      expect((await call({ cookie: 'access_token=good; access_token=good' })).status).toBe(401);
      expect(
        (await call({ cookie: 'refresh_token=x', origin: 'https://evil.test' }, 'POST')).status,
      ).toBe(403);
    });

    // T-crkg
    it('enforces roles and permissions', async () => {
      expect((await get('admin', 'admin')).text).toBe('admin');
      expect((await get('admin', 'good')).json).toEqual(forbidden('Access denied', 'forbidden'));
      expect((await get('admin', 'bare')).status).toBe(403);
      expect((await get('admin')).status).toBe(401);
      expect((await get('write', 'admin')).text).toBe('write');
      expect((await get('write', 'good')).status).toBe(403);
    });

    // T-8586
    it('enforces the age of the authentication', async () => {
      const recent = (token: string) => remove('recent', token);
      expect((await recent('good')).status).toBe(200);
      expect((await recent('early')).headers['www-authenticate']).toContain(
        'insufficient_user_authentication',
      );
      authenticate.known = {
        ...authenticate.known,
        late: principal({ authTime: NOW_MS / 1000 - 61 }),
      };
      for (const token of ['late', 'bare']) {
        const refused = await recent(token);
        expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, STALE_PROOF]);
      }
    });

    it('enforces the authentication method', async () => {
      const recent = (token: string) => remove('recent-factor', token);
      expect((await recent('strong')).status).toBe(200);
      for (const token of ['good', 'bare']) {
        const refused = await recent(token);
        expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, STALE_PROOF]);
      }
    });

    it('enforces that the session is bound to a key', async () => {
      for (const bound of ['dbsc', 'dpop'] as const) {
        authenticate.known = { ...authenticate.known, bound: principal({ bound }) };
        expect((await get('bound', 'bound')).text).toBe('bound');
      }
      expect((await get('bound', 'good')).json).toEqual(
        forbidden('Bound session required', 'device_required'),
      );
      expect((await get('bound')).status).toBe(401);
    });

    // T-dfxn
    it('accepts an actor who acts as a user, but not where only the user may go', async () => {
      expect((await get('mine', 'acting')).status).toBe(200);
      expect([(await get('own', 'good')).status, (await get('own')).status]).toEqual([200, 401]);
      const refused = [await get('own', 'acting')];
      for (const route of ['recent', 'recent-factor']) refused.push(await remove(route, 'acting'));
      for (const { status, json } of refused)
        expect([status, json]).toEqual([403, expect.objectContaining({ code: 'forbidden' })]);
    });

    // T-jvms
    it('makes a strict revocation check where the route asks for it', async () => {
      await get('strict', 'good');
      expect(authenticate.revocationModes).toEqual(['strict']);
      await get('mine', 'good');
      expect(authenticate.revocationModes).toEqual(['strict', undefined]);
    });

    if (mode === 'one by one')
      // T-7rqx
      it.each(['user', 'roles', 'permissions', 'recent', 'version'])(
        'refuses without JwtAuthGuard before it: %s',
        async (route) => {
          expect((await app.call('GET', `/unguarded/${route}`, bearer('admin'))).text).toBe(
            REFUSAL,
          );
          expect((await app.call('GET', '/foreign', bearer('admin'))).text).toBe(REFUSAL);
        },
      );

    if (mode === 'globally')
      it.each<[string, string | undefined, number]>([
        ['/open/any', undefined, 200],
        ['/open/admin', undefined, 401],
        ['/open/admin', 'good', 403],
        ['/open/admin', 'admin', 200],
        ['/closed/open', undefined, 200],
        ['/closed/user', 'good', 200],
        ['/closed/user', 'admin', 403],
        ['/closed/admin', 'good', 403],
        ['/closed/admin', 'admin', 200],
        ['/auth/me', undefined, 401],
        ['/.well-known/jwks.json', undefined, 200],
      ])('the handler’s word over its class’s: %s as %s', async (route, token, status) => {
        expect((await app.call('GET', route, token ? bearer(token) : {})).status).toBe(status);
      });
  });

  // T-cv2h
  it('checks the database where TokenVersionGuard is applied', async () => {
    const authenticate = new FakeAuthenticateFlow();
    const controllers = [routes('routes', JwtAuthGuard, TokenVersionGuard)];
    const started = await startApp(adapter, { authenticate, controllers });
    const call = (route: string) => started.call('GET', `/routes/${route}`, bearer('good'));
    expect((await call('mine')).status).toBe(200);
    authenticate.confirmed = 'disagrees';
    const refused = await call('mine');
    expect([refused.text, refused.headers['www-authenticate']]).toEqual([
      REFUSAL,
      'Bearer error="invalid_token"',
    ]);
    expect((await call('public')).status).toBe(200);
    authenticate.confirmed = 'down';
    expect((await call('mine')).status).toBe(503);
    await started.app.close();
  });

  it('works in a request-scoped controller', async () => {
    @Controller({ path: 'scoped', scope: Scope.REQUEST })
    @UseGuards(JwtAuthGuard)
    class ScopedController {
      @Get()
      @Version('1')
      id(@CurrentUser('id') id: string): string {
        return id;
      }
    }
    const started = await startApp(adapter, { controllers: [ScopedController] });
    expect((await started.call('GET', '/scoped', bearer('good'))).text).toBe('u1');
    await started.app.close();
  });
});
