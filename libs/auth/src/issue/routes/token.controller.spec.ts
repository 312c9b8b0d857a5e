import { describe, expect, it } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import { ADAPTERS } from '../../verify/http/http-app.fixture.js';
import type { Call } from '../../verify/http/test-app.fixture.js';
import { grant } from '../../verify/http/samples.fixture.js';
import { message, names, refused, RoutesUnderTest, SIGNED_IN } from './routes.fixture.js';

describe.each(ADAPTERS)('refresh and logout on %s', (adapter) => {
  const routes = new RoutesUnderTest(adapter);
  const { flows } = routes;

  describe('refresh', () => {
    it.each<[string, Call, unknown]>([
      ['the cookie', { headers: { cookie: 'refresh_token=c' } }, { value: 'c', source: 'cookie' }],
      ['the body', { json: { refreshToken: 'b' } }, { value: 'b', source: 'body' }],
      [
        'the cookie decides',
        { headers: { cookie: 'refresh_token=c' }, json: { refreshToken: 'b' } },
        { value: 'c', source: 'cookie' },
      ],
      [
        'an empty cookie',
        { headers: { cookie: 'refresh_token=' }, json: { refreshToken: 'b' } },
        { value: 'b', source: 'body' },
      ],
      [
        'a very long token: the flow says 401',
        { json: { refreshToken: 'b'.repeat(5000) } },
        { value: 'b'.repeat(5000), source: 'body' },
      ],
      ['an empty object', { json: {} }, undefined],
      ['nothing', {}, undefined],
      [
        'nothing, of type JSON',
        { headers: { 'content-length': '0', 'content-type': 'application/json' } },
        undefined,
      ],
    ])('reads %s', async (_, call, presented) => {
      const answer = await routes.post('refresh', call);
      expect(answer.status).toBe(200);
      expect(answer.json).toEqual({ tokenType: 'Bearer', expiresIn: 900 });
      expect(names(answer)).toEqual(['access_token', 'refresh_token']);
      expect(flows.RefreshFlow.refresh).toHaveBeenCalledWith(
        presented,
        expect.objectContaining({ ip: '127.0.0.1' }),
        undefined,
      );
    });

    it('counts its proof for its account', async () => {
      await routes.post('refresh', { json: { refreshToken: 'b' } });
      expect(routes.countedFor).toEqual(['u1']);
    });

    it('never returns the refresh token of a cookie in a body', async () => {
      for (const transport of ['cookie', 'hybrid'] as const) {
        flows.RefreshFlow.refresh.mockResolvedValue(
          grant({ transport, refreshToken: 'next-refresh' }),
        );
        expect((await routes.post('refresh', { json: { refreshToken: 'b' } })).text).not.toContain(
          'next-refresh',
        );
      }
      flows.RefreshFlow.refresh.mockResolvedValue(grant({ transport: 'bearer' }));
      const bearer = await routes.post('refresh', { json: { refreshToken: 'b' } });
      expect([Object.keys(bearer.json as object), bearer.cookies]).toEqual([
        ['tokenType', 'expiresIn', 'accessToken', 'refreshToken'],
        [],
      ]);
    });

    it.each<[string, Error, Call, number, string[]]>([
      [
        'refused, by cookie',
        refused(),
        { headers: { cookie: 'refresh_token=c' } },
        401,
        ['access_token cleared', 'refresh_token cleared'],
      ],
      ['refused, by body', refused(), { json: { refreshToken: 'b' } }, 401, []],
      [
        'the loser of a race',
        refused({ cookies: 'keep' }),
        { headers: { cookie: 'refresh_token=c' } },
        401,
        [],
      ],
      ['nothing presented', new AuthError('token_missing', 'none'), {}, 401, []],
      [
        'a store is down',
        AuthError.unavailable('postgres'),
        { headers: { cookie: 'refresh_token=c' } },
        503,
        [],
      ],
    ])('%s', async (_, error, call, status, cookies) => {
      flows.RefreshFlow.refresh.mockRejectedValue(error);
      const answer = await routes.post('refresh', call);
      expect([answer.status, names(answer), answer.headers['cache-control']]).toEqual([
        status,
        cookies,
        'no-store',
      ]);
    });

    it('refuses two cookies without asking the flow, and clears neither, because the other one would stay', async () => {
      const answer = await routes.post('refresh', {
        headers: { cookie: 'refresh_token=c; refresh_token=c' },
        json: { refreshToken: 'b' },
      });
      expect([answer.status, names(answer)]).toEqual([401, []]);
      expect(flows.RefreshFlow.refresh).not.toHaveBeenCalled();
    });

    it('names a refreshToken of the wrong type', async () => {
      expect(message(await routes.post('refresh', { json: { refreshToken: 7 } }))).toBe(
        'refreshToken: must be a string',
      );
    });
  });

  describe('logout', () => {
    it.each<[string, Call, string[], string[]]>([
      ['both cookies', { headers: SIGNED_IN }, ['good'], ['rrr']],
      [
        'a bearer and a body',
        { headers: { authorization: 'Bearer t' }, json: { refreshToken: 'b' } },
        ['t'],
        ['b'],
      ],
      [
        'cookie and body',
        { headers: { cookie: 'refresh_token=c' }, json: { refreshToken: 'b' } },
        [],
        ['c', 'b'],
      ],
      [
        'several cookies of a name',
        {
          headers: {
            cookie:
              'refresh_token=c; access_token=a; refresh_token=d; access_token=; access_token=b',
          },
        },
        ['a', 'b'],
        ['c', 'd'],
      ],
      [
        'an access cookie and a header',
        { headers: { cookie: 'access_token=a', authorization: 'Bearer t' } },
        ['a', 't'],
        [],
      ],
      ['nothing', {}, [], []],
    ])('hands over every token: %s', async (_, call, accessTokens, refreshTokens) => {
      const answer = await routes.post('logout', call);
      expect([answer.status, answer.text, answer.headers['cache-control']]).toEqual([
        204,
        '',
        'no-store',
      ]);
      expect(names(answer)).toEqual(['access_token cleared', 'refresh_token cleared']);
      expect(flows.LogoutFlow.logout).toHaveBeenCalledWith({ accessTokens, refreshTokens });
    });

    it('keeps the cookies when the logout cannot be stored', async () => {
      flows.LogoutFlow.logout.mockRejectedValue(AuthError.unavailable('postgres'));
      const answer = await routes.post('logout', { headers: SIGNED_IN });
      expect([answer.status, answer.cookies, answer.headers['retry-after']]).toEqual([
        503,
        [],
        '1',
      ]);
    });

    it('accepts a form without fields', async () => {
      const headers = {
        ...SIGNED_IN,
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': '0',
      };
      expect((await routes.post('logout', { headers })).status).toBe(204);
    });
  });
});
