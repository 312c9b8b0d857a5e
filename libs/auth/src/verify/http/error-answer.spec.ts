import { describe, expect, it } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import type { AuthErrorCode } from '../../contract/index.js';
import { answerTo } from './error-answer.js';

const answer = (code: AuthErrorCode, extra = {}) =>
  answerTo(new AuthError(code, 'private detail', { cause: new Error('secret'), ...extra }));

describe('the answer to a refusal', () => {
  it.each<[AuthErrorCode, number, string, Record<string, string>]>([
    ['token_missing', 401, 'Authentication failed', { 'WWW-Authenticate': 'Bearer' }],
    ['token_refused', 401, 'Authentication failed', { 'WWW-Authenticate': 'Bearer error="invalid_token"' }],
    ['login_refused', 401, 'Login refused', { 'WWW-Authenticate': 'Bearer' }],
    ['second_factor_required', 403, 'Second factor required', {}],
    ['password_refused', 403, 'Password refused', {}],
    ['cross_origin', 403, 'Cross-origin request refused', {}],
    ['forbidden', 403, 'Access denied', {}],
    ['input_invalid', 400, 'Malformed input', {}],
    ['password_unacceptable', 400, 'Password not acceptable', {}],
    ['transport_not_allowed', 400, 'transport: not allowed here', {}],
    ['session_not_found', 404, 'Session not found', {}],
    ['user_not_found', 404, 'User not found', {}],
    ['email_taken', 409, 'Email already registered', {}],
    ['throttled', 429, 'Too many attempts', { 'Retry-After': '1' }],
    ['unavailable', 503, 'Temporarily unavailable', { 'Retry-After': '1' }],
    ['claim_refused', 500, 'Internal server error', {}],
    ['token_too_large', 500, 'Internal server error', {}],
    ['configuration_invalid', 500, 'Internal server error', {}],
  ])('%s → %i', (code, statusCode, message, headers) => {
    const { body, headers: sent } = answer(code);
    expect(Object.keys(body)).toEqual(['statusCode', 'error', 'message']);
    expect(body).toMatchObject({ statusCode, message });
    expect(sent).toEqual({ 'Cache-Control': 'no-store', ...headers });
    expect(JSON.stringify(body)).not.toMatch(/private|secret/);
  });

  it('is the same body to the byte for no token and a refused one', () => {
    expect(JSON.stringify(answer('token_refused').body)).toBe(JSON.stringify(answer('token_missing').body));
  });

  it('says how young a proof must be (RFC 9470)', () => {
    const { headers } = answer('proof_too_old', { maxAgeSeconds: 300 });
    expect(headers['WWW-Authenticate']).toBe('Bearer error="insufficient_user_authentication", max_age="300"');
  });

  it('rounds Retry-After up to whole seconds, never 0', () => {
    const retryAfter = (seconds: number) => answer('throttled', { retryAfterSeconds: seconds }).headers['Retry-After'];
    expect([0, 0.2, 1.1, 900].map(retryAfter)).toEqual(['1', '1', '2', '900']);
  });

  it('names the fields', () => {
    const fields = { email: 'must be an email address', password: 'too short' };
    expect(answer('input_invalid', { fields }).body.message).toBe('email: must be an email address; password: too short');
  });
}); // prettier-ignore
