import { describe, expect, it } from '@jest/globals';
import { ADAPTERS } from '../../verify/http/http-app.fixture.js';
import { grant } from '../../verify/http/samples.fixture.js';
import { LOGIN, message, RoutesUnderTest, USER } from './routes.fixture.js';

describe.each(ADAPTERS)('the body of a sign-in on %s', (adapter) => {
  const routes = new RoutesUnderTest(adapter);
  const { flows } = routes;

  it.each(['application/problem+json', 'application/json; x', 'application/json;;charset=utf-8'])(
    'accepts JSON of the type %s, or answers that the type is not supported',
    async (type) => {
      flows.LoginFlow.login.mockResolvedValue({
        user: USER,
        grant: grant({ transport: 'cookie' }),
      });
      const answer = await routes.post('login', {
        raw: JSON.stringify(LOGIN),
        headers: { 'content-type': type },
      });
      if (answer.status !== 200)
        expect([answer.status, message(answer)]).toEqual([
          415,
          'body: must be application/json in UTF-8',
        ]);
    },
  );

  it('is not polluted by __proto__', async () => {
    const raw = `{"__proto__":{"email":"a@b","password":"x","rememberMe":true},"email":"ann@example.com","password":"p"}`;
    const answer = await routes.post('login', {
      raw,
      headers: { 'content-type': 'application/json' },
    });
    if (answer.status === 200)
      expect(flows.LoginFlow.login.mock.calls[0]?.[0]).toEqual({
        identifier: 'ann@example.com',
        password: 'p',
      });
    else expect(answer.status).toBe(400);
    expect(({} as { rememberMe?: boolean }).rememberMe).toBeUndefined();
  });

  it.each<[string, string, number]>([
    ['cut short', '{"email":"ann@example.com","password":"hunter2', 400],
    ['no JSON', '{"password": hunter2}', 400],
    ['a bare word', 'hunter2', 400],
    ['too large', JSON.stringify({ ...LOGIN, more: 'hunter2'.repeat(400_000) }), 413],
  ])('does not quote a body that cannot be read: %s', async (_, raw, status) => {
    const answer = await routes.post('login', {
      raw,
      headers: { 'content-type': 'application/json' },
    });
    expect([answer.status, answer.headers['cache-control']]).toEqual([status, 'no-store']);
    expect(Object.keys(answer.json as object)).toEqual(['statusCode', 'error', 'message', 'code']);
    expect(answer.text).not.toContain('hunter2');
  });

  it.each<[string, string]>([
    ['application/x-www-form-urlencoded', 'email=ann%40example.com&password=hunter2'],
    ['application/x-www-form-urlencoded', '{"email":"ann@example.com","password":"hunter2"}'],
    ['text/plain', '{"email":"ann@example.com","password":"hunter2"}'],
    ['text/plain; application/json', '{"email":"ann@example.com","password":"hunter2"}'],
    ['application/jsonp', '{"email":"ann@example.com","password":"hunter2"}'],
    [
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="email"\r\n\r\nann@example.com\r\n--x--',
    ],
    ['', '{"email":"ann@example.com","password":"hunter2"}'],
  ])('never reads a body of type %s', async (type, raw) => {
    for (const path of ['login', 'register', 'refresh', 'logout']) {
      const answer = await routes.post(path, {
        raw,
        headers: type ? { 'content-type': type } : {},
      });
      expect([400, 415]).toContain(answer.status);
      expect(Object.keys(answer.json as object)).toEqual([
        'statusCode',
        'error',
        'message',
        'code',
      ]);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.text).not.toContain('hunter2');
    }
    for (const flow of [
      flows.LoginFlow.login,
      flows.RegisterFlow.register,
      flows.RefreshFlow.refresh,
      flows.LogoutFlow.logout,
    ])
      expect(flow).not.toHaveBeenCalled();
  });

  it('ignores the query string', async () => {
    expect((await routes.post('login?email=ann@example.com&password=x')).status).toBe(400);
    await routes.post('refresh?refreshToken=rrr&refresh_token=rrr');
    expect(flows.RefreshFlow.refresh).toHaveBeenCalledWith(undefined, expect.anything(), undefined);
  });
});
