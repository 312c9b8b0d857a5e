import { describe, expect, it } from '@jest/globals';
import { ADAPTERS } from '../../verify/http/http-app.fixture.js';
import { SESSION_ID } from '../../verify/http/samples.fixture.js';
import { type Headers, LOGIN, message, RoutesUnderTest, SIGNED_IN } from './routes.fixture.js';

describe.each(ADAPTERS)('the routes on %s', (adapter) => {
  const routes = new RoutesUnderTest(adapter);

  describe('cross-origin', () => {
    const foreign: Headers = { origin: 'https://evil.test' };
    it.each<[string, string, Headers, number]>([
      ['POST', 'login', foreign, 403],
      ['POST', 'login', { 'sec-fetch-site': 'same-site' }, 403],
      ['POST', 'login', { origin: 'null' }, 403],
      ['POST', 'register', foreign, 403],
      ['POST', 'refresh', foreign, 403],
      ['POST', 'logout', { ...foreign, ...SIGNED_IN }, 403],
      ['POST', 'logout', { ...foreign, cookie: 'refresh_token=junk' }, 403],
      ['POST', 'logout', { ...foreign, cookie: 'refresh_token=; refresh_token=' }, 403],
      ['POST', 'logout', foreign, 403],
      ['POST', 'logout', { 'sec-fetch-site': 'cross-site' }, 403],
      ['POST', 'logout', { origin: 'null' }, 403],
      ['POST', 'logout', { ...foreign, cookie: 'device=d; other=1' }, 403],
      ['POST', 'logout', { ...foreign, authorization: 'Bearer good' }, 403],
      ['POST', 'logout', { 'sec-fetch-site': 'same-origin' }, 204],
      ['POST', 'logout-all', { ...foreign, cookie: 'refresh_token=rrr' }, 403],
      ['POST', 'logout-all', { ...foreign, cookie: 'access_token=forged' }, 403],
      ['POST', 'password', { ...foreign, ...SIGNED_IN }, 403],
      [
        'POST',
        'password',
        { ...foreign, cookie: 'refresh_token=rrr', authorization: 'Bearer good' },
        403,
      ],
      ['POST', 'reauthenticate', { ...foreign, ...SIGNED_IN }, 403],
      ['POST', 'users/u1/revoke', { ...foreign, ...SIGNED_IN }, 403],
      ['DELETE', 'sessions', { ...foreign, ...SIGNED_IN }, 403],
      ['DELETE', `sessions/${SESSION_ID}`, { ...foreign, ...SIGNED_IN }, 403],
      ['DELETE', 'sessions', { ...foreign, authorization: 'Bearer good' }, 204],
      ['GET', 'me', { 'sec-fetch-site': 'cross-site', ...SIGNED_IN }, 200],
      ['POST', 'login', { origin: 'https://app.example.com', 'sec-fetch-site': 'cross-site' }, 200],
    ])('%s %s %j → %i', async (method, path, headers, status) => {
      const json = path === 'login' || path === 'register' ? LOGIN : undefined;
      const answer = await routes.call(method, `/auth/${path}`, { json, headers });
      expect([answer.status, answer.headers['cache-control']]).toEqual([status, 'no-store']);
      if (status !== 403) return;
      expect(message(answer)).toBe('Cross-origin request refused');
      expect(answer.cookies).toEqual([]);
    });
  });
});
