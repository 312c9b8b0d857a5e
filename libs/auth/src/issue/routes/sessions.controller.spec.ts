import { describe, expect, it } from '@jest/globals';
import { ADAPTERS } from '../../verify/http/http-app.fixture.js';
import { principal, SESSION_ID } from '../../verify/http/samples.fixture.js';
import { names, OTHER_SESSION, RoutesUnderTest, SIGNED_IN } from './routes.fixture.js';

describe.each(ADAPTERS)('sessions and keys on %s', (adapter) => {
  const routes = new RoutesUnderTest(adapter);
  const { flows } = routes;

  describe('sessions', () => {
    const dates = {
      createdAt: new Date(0),
      lastUsedAt: new Date(1000),
      idleExpiresAt: new Date(9000),
      absoluteExpiresAt: new Date(5000),
    };
    const row = {
      ...dates,
      subject: 'u1',
      ip: '::1',
      userAgent: null,
      persistent: true,
      transport: 'cookie',
      tokenHash: 'secret-hash',
    };

    it('lists', async () => {
      flows.EndSessionsFlow.list.mockResolvedValue([
        { id: SESSION_ID, ...row },
        { id: OTHER_SESSION, ...row, ip: null },
      ]);
      const answer = await routes.call('GET', '/auth/sessions', { headers: SIGNED_IN });
      const body = {
        createdAt: '1970-01-01T00:00:00.000Z',
        lastUsedAt: '1970-01-01T00:00:01.000Z',
        expiresAt: '1970-01-01T00:00:05.000Z',
        userAgent: null,
        persistent: true,
      };
      expect(answer.json).toEqual([
        { id: SESSION_ID, ...body, ip: '::1', current: true },
        { id: OTHER_SESSION, ...body, ip: null, current: false },
      ]);
    });

    it('ends one session, and clears the cookies with the current one', async () => {
      const end = (id: string) =>
        routes.call('DELETE', `/auth/sessions/${id}`, { headers: SIGNED_IN });
      const other = await end(OTHER_SESSION);
      expect([other.status, other.text, other.cookies]).toEqual([204, '', []]);
      expect(flows.EndSessionsFlow.endOne).toHaveBeenCalledWith(principal(), OTHER_SESSION);
      expect(names(await end(SESSION_ID.toUpperCase()))).toEqual([
        'access_token cleared',
        'refresh_token cleared',
      ]);
      expect(flows.EndSessionsFlow.endOne).toHaveBeenLastCalledWith(principal(), SESSION_ID);
    });

    it.each(['1', 'not-a-uuid', '%00', `${SESSION_ID}0`, "'%20or%20true"])(
      'answers 404 for a malformed id without asking the store: %s',
      async (id) => {
        const answer = await routes.call('DELETE', `/auth/sessions/${id}`, { headers: SIGNED_IN });
        expect(answer.json).toEqual({
          statusCode: 404,
          error: 'Not Found',
          message: 'Session not found',
          code: 'not_found',
        });
        expect(flows.EndSessionsFlow.endOne).not.toHaveBeenCalled();
      },
    );

    it('ends the other sessions, ends all, and revokes a user', async () => {
      const others = await routes.call('DELETE', '/auth/sessions', { headers: SIGNED_IN });
      expect([others.status, others.cookies]).toEqual([204, []]);
      expect(flows.EndSessionsFlow.endOthers).toHaveBeenCalledWith(principal());
      const all = await routes.post('logout-all', { headers: SIGNED_IN });
      expect([all.status, names(all)]).toEqual([
        204,
        ['access_token cleared', 'refresh_token cleared'],
      ]);
      expect(flows.EndSessionsFlow.endAll).toHaveBeenCalledWith(
        expect.objectContaining({ id: 'u1' }),
      );
      const admin = { headers: { authorization: 'Bearer admin' } };
      expect((await routes.post('users/u1/revoke', admin)).status).toBe(204);
      expect(flows.EndSessionsFlow.revokeUser).toHaveBeenCalledWith(
        expect.objectContaining({ id: 'u2' }),
        'u1',
      );
      expect(flows.EndSessionsFlow.revokeUser).toHaveBeenCalledTimes(1);
    });

    it.each([
      ['GET', 'me'],
      ['GET', 'sessions'],
      ['DELETE', 'sessions'],
      ['DELETE', `sessions/${SESSION_ID}`],
      ['POST', 'logout-all'],
      ['POST', 'password'],
      ['POST', 'reauthenticate'],
      ['POST', 'users/u1/revoke'],
    ])('%s %s needs an access token', async (method, path) => {
      const answer = await routes.call(method, `/auth/${path}`);
      expect([
        answer.status,
        answer.headers['www-authenticate'],
        answer.headers['cache-control'],
      ]).toEqual([401, 'Bearer', 'no-store']);
    });
  });

  it('publishes the keys with cache headers', async () => {
    const answer = await routes.call('GET', '/.well-known/jwks.json');
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'public, max-age=3600']);
    expect(answer.json).toEqual({ keys: [{ kid: 'k1', kty: 'RSA', alg: 'RS256', use: 'sig' }] });
  });
});
