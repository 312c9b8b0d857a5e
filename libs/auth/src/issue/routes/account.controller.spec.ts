import { describe, expect, it } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import { ADAPTERS } from '../../verify/http/http-app.fixture.js';
import { principal, SESSION_ID } from '../../verify/http/samples.fixture.js';
import { message, names, refused, RoutesUnderTest, SIGNED_IN } from './routes.fixture.js';

describe.each(ADAPTERS)('the account on %s', (adapter) => {
  const routes = new RoutesUnderTest(adapter);
  const { flows } = routes;

  describe('account', () => {
    it('returns the caller', async () => {
      const answer = await routes.call('GET', '/auth/me', { headers: SIGNED_IN });
      expect(answer.json).toEqual({
        id: 'u1',
        email: 'ann@example.com',
        name: 'Ann',
        role: 'user',
        permissions: ['notes:read'],
        sessionId: SESSION_ID,
        authTime: '2027-01-15T07:59:00.000Z',
        amr: ['pwd'],
        expiresAt: '2027-01-15T08:15:00.000Z',
      });
      const bare = await routes.call('GET', '/auth/me', {
        headers: { authorization: 'Bearer bare' },
      });
      expect(bare.json).toMatchObject({ id: 'u3', amr: [] });
      expect(Object.keys(bare.json as object)).toEqual([
        'id',
        'email',
        'permissions',
        'sessionId',
        'amr',
        'expiresAt',
      ]);
    });

    it('refuses a user whom the directory does not know, and does not guess while it is unreachable', async () => {
      const me = () => routes.call('GET', '/auth/me', { headers: SIGNED_IN });
      flows.CallerFlow.accountOf.mockRejectedValue(refused());
      expect([(await me()).status, (await me()).cookies]).toEqual([401, []]);
      flows.CallerFlow.accountOf.mockRejectedValue(AuthError.unavailable('the user directory'));
      expect((await me()).status).toBe(503);
    });

    it('changes the password with the refresh token from the cookie, or else from the body', async () => {
      const input = { currentPassword: 'old', newPassword: 'new password' };
      const answer = await routes.post('password', {
        headers: SIGNED_IN,
        json: { ...input, refreshToken: 'b' },
      });
      expect([answer.status, answer.json, names(answer)]).toEqual([
        200,
        { tokenType: 'Bearer', expiresIn: 900 },
        ['access_token', 'refresh_token'],
      ]);
      expect(flows.ChangePasswordFlow.changePassword).toHaveBeenCalledWith(
        principal(),
        { ...input, refreshToken: 'rrr' },
        expect.anything(),
      );
      await routes.post('password', {
        headers: { authorization: 'Bearer good' },
        json: { ...input, refreshToken: 'b' },
      });
      expect(flows.ChangePasswordFlow.changePassword).toHaveBeenLastCalledWith(
        principal(),
        { ...input, refreshToken: 'b' },
        expect.anything(),
      );
      expect(message(await routes.post('password', { headers: SIGNED_IN, json: {} }))).toMatch(
        /currentPassword: .*; newPassword: /,
      );
    });

    it('answers a wrong password with 403 and keeps the cookies', async () => {
      flows.ChangePasswordFlow.changePassword.mockRejectedValue(
        new AuthError('password_refused', 'wrong'),
      );
      flows.ReauthenticateFlow.reauthenticate.mockRejectedValue(
        new AuthError('password_refused', 'wrong'),
      );
      for (const answer of [
        await routes.post('password', {
          headers: SIGNED_IN,
          json: { currentPassword: 'a', newPassword: 'b' },
        }),
        await routes.post('reauthenticate', { headers: SIGNED_IN, json: { password: 'a' } }),
      ]) {
        expect(answer.json).toEqual({
          statusCode: 403,
          error: 'Forbidden',
          message: 'Password refused',
          code: 'password_refused',
        });
        expect(answer.cookies).toEqual([]);
      }
    });

    it('reauthenticates', async () => {
      const answer = await routes.post('reauthenticate', {
        headers: SIGNED_IN,
        json: { password: 'a' },
      });
      expect([answer.status, names(answer)]).toEqual([200, ['access_token', 'refresh_token']]);
      expect(flows.ReauthenticateFlow.reauthenticate).toHaveBeenCalledWith(
        principal(),
        { password: 'a', refreshToken: 'rrr' },
        expect.anything(),
      );
    });
  });
});
