import { describe, expect, it, jest } from '@jest/globals';
import { ADAPTERS, startApp } from '../../verify/http/http-app.fixture.js';
import { settings } from '../../verify/http/samples.fixture.js';
import { type Headers, names } from './routes.fixture.js';

describe.each(ADAPTERS)('the shape on %s', (adapter) => {
  const LogoutFlow = { logout: () => Promise.resolve() };

  it('is chosen before the application starts', async () => {
    const { app, call } = await startApp(adapter, {
      flows: { LogoutFlow },
      routes: { prefix: 'api/id', register: false, jwks: false, me: false },
    }).then((started) => ({
      app: started.app,
      call: async (method: string, path: string) => (await started.call(method, path)).status,
    }));
    expect(await call('POST', '/api/id/logout')).toBe(204);
    expect(await call('POST', '/auth/logout')).toBe(404);
    expect(await call('POST', '/api/id/register')).toBe(404);
    expect(await call('GET', '/api/id/me')).toBe(404);
    expect(await call('GET', '/.well-known/jwks.json')).toBe(404);
    await app.close();
  });

  it('ignores the host’s API versions and keeps headers that a middleware set', async () => {
    const { app, call } = await startApp(adapter, {
      flows: { LogoutFlow },
      prepare: (host) => {
        host.enableVersioning({ type: 0, defaultVersion: '1' } as never);
        host.use(
          (
            _: unknown,
            response: { setHeader(name: string, value: string): void },
            next: () => void,
          ) => {
            response.setHeader('Set-Cookie', 'theirs=1; Path=/');
            next();
          },
        );
      },
    }).then((started) => ({ app: started.app, call: () => started.call('POST', '/auth/logout') }));
    const answer = await call();
    expect([answer.status, names(answer)]).toEqual([
      204,
      ['theirs', 'access_token cleared', 'refresh_token cleared'],
    ]);
    await app.close();
  });

  // T-kj92
  it('warns once about plain HTTP in production', async () => {
    const before = process.env['NODE_ENV'];
    const warn = jest.fn();
    const logger = { warn, log: () => undefined, error: () => undefined };
    const started = await startApp(adapter, {
      flows: { LogoutFlow },
      logger,
      options: settings({ origins: { trustProxy: true } }),
    });
    const logout = (headers: Headers = {}) => started.call('POST', '/auth/logout', { headers });
    const warned = () =>
      warn.mock.calls.filter(([text]) => String(text).includes('plain HTTP')).length;
    try {
      await logout();
      expect(warned()).toBe(0);
      process.env['NODE_ENV'] = 'production';
      await logout({ 'x-forwarded-proto': 'https' });
      expect(warned()).toBe(0);
      await logout();
      await logout();
      expect(warned()).toBe(1);
    } finally {
      process.env['NODE_ENV'] = before;
      await started.app.close();
    }
  });
});
