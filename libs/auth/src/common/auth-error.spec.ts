import { inspect } from 'node:util';
import { HttpException } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import pino from 'pino';
import { AuthError } from './auth-error.js';
import type { AuthErrorCode, AuthErrorReason } from '../contract/index.js';

const DETAIL = 'unknown_user or signature_mismatch';
const error = (reason: AuthErrorReason, extra = {}) =>
  new AuthError(reason, DETAIL, { cause: new Error('private cause'), ...extra });

describe('a refusal', () => {
  it.each<[AuthErrorReason, number, AuthErrorCode, string, Record<string, string>]>([
    [
      'token_missing',
      401,
      'authentication_failed',
      'Authentication failed',
      { 'WWW-Authenticate': 'Bearer' },
    ],
    [
      'token_refused',
      401,
      'authentication_failed',
      'Authentication failed',
      { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
    ],
    ['login_refused', 401, 'login_refused', 'Login refused', { 'WWW-Authenticate': 'Bearer' }],
    ['second_factor_required', 403, 'second_factor_refused', 'Second factor required', {}],
    ['password_refused', 403, 'password_refused', 'Password refused', {}],
    ['cross_origin', 403, 'cross_origin', 'Cross-origin request refused', {}],
    ['forbidden', 403, 'forbidden', 'Access denied', {}],
    ['input_invalid', 400, 'invalid_input', 'Malformed input', {}],
    ['password_unacceptable', 400, 'invalid_input', 'Password not acceptable', {}],
    ['transport_not_allowed', 400, 'invalid_input', 'transport: not allowed here', {}],
    ['session_not_found', 404, 'not_found', 'Session not found', {}],
    ['user_not_found', 404, 'not_found', 'User not found', {}],
    ['key_not_found', 404, 'not_found', 'Key not found', {}],
    ['email_taken', 409, 'taken', 'Email already registered', {}],
    ['body_too_large', 413, 'too_large', 'body: too large', {}],
    [
      'body_type_unsupported',
      415,
      'unsupported_media_type',
      'body: must be application/json in UTF-8',
      {},
    ],
    ['throttled', 429, 'too_many_attempts', 'Too many attempts', { 'Retry-After': '1' }],
    ['user_ambiguous', 503, 'unavailable', 'Temporarily unavailable', { 'Retry-After': '1' }],
    ['unavailable', 503, 'unavailable', 'Temporarily unavailable', { 'Retry-After': '1' }],
    ['body_not_parsed', 500, 'internal', 'Internal server error', {}],
    ['claim_refused', 500, 'internal', 'Internal server error', {}],
    ['session_claims_refused', 500, 'internal', 'Internal server error', {}],
    ['tenant_unknown', 500, 'internal', 'Internal server error', {}],
    ['token_too_large', 500, 'internal', 'Internal server error', {}],
  ])(
    'for %s is an HttpException of %i with its own body and headers',
    (reason, status, code, message, headers) => {
      const refusal = error(reason);
      expect(refusal).toBeInstanceOf(HttpException);
      expect(refusal).toMatchObject({ message, code });
      expect(refusal.getStatus()).toBe(status);
      expect(Object.keys(refusal.getResponse())).toEqual([
        'statusCode',
        'error',
        'message',
        'code',
      ]);
      expect(refusal.getResponse()).toMatchObject({ statusCode: status, message, code });
      expect(refusal.headers).toEqual({ 'Cache-Control': 'no-store', ...headers });
    },
  );

  // T-sn4f
  it.each<[string, (refusal: AuthError) => string]>([
    [
      'util.inspect',
      (refusal) => inspect(refusal, { showHidden: true, depth: null, getters: false }),
    ],
    ['its stack', (refusal) => refusal.stack ?? ''],
    ['JSON', (refusal) => JSON.stringify(refusal)],
    [
      'JSON of all own members',
      (refusal) => JSON.stringify(refusal, Object.getOwnPropertyNames(refusal)),
    ],
    ['a copy', (refusal) => inspect({ ...refusal })],
    ['pino', (refusal) => JSON.stringify(pino.stdSerializers.err(refusal))],
    ['pino, with causes', (refusal) => JSON.stringify(pino.stdSerializers.errWithCause(refusal))],
    ['a GraphQL formatter', (refusal) => JSON.stringify(refusal.extensions)],
  ])('does not show its private reason in %s', (_, print) => {
    const printed = print(error('token_refused'));
    expect(printed.length).toBeGreaterThan(20);
    expect(printed).not.toMatch(/unknown_user|signature_mismatch|private cause|token_refused/);
  });

  it('keeps reason, detail and cause as properties for code that reads them by name', () => {
    const refusal = error('token_refused');
    expect(refusal.reason).toBe('token_refused');
    expect(refusal.detail).toBe(DETAIL);
    expect(refusal.extra.cause).toBeInstanceOf(Error);
  });

  it('has the same bytes as its body for a missing token and for a refused one', () => {
    const bytes = (reason: AuthErrorReason) => JSON.stringify(error(reason).getResponse());
    expect(bytes('token_refused')).toBe(bytes('token_missing'));
  });

  // T-p5cg
  it('says how recent the authentication must be (RFC 9470)', () => {
    expect(error('proof_too_old', { maxAgeSeconds: 300 }).headers['WWW-Authenticate']).toBe(
      'Bearer error="insufficient_user_authentication", max_age="300"',
    );
  });

  it('rounds Retry-After up to whole seconds, never 0', () => {
    const retryAfter = (seconds: number) =>
      error('throttled', { retryAfterSeconds: seconds }).headers['Retry-After'];
    expect([0, 0.2, 1.1, 900].map(retryAfter)).toEqual(['1', '1', '2', '900']);
  });

  it('names the fields', () => {
    const fields = { email: 'must be an email address', password: 'too short' };
    expect(error('input_invalid', { fields }).message).toBe(
      'email: must be an email address; password: too short',
    );
  });

  it('of the configuration tells the operator the option and the cure, and a client nothing', () => {
    const refusal = AuthError.configuration('issuer', 'is missing; name the URL');
    expect(refusal.message).toBe('issuer: is missing; name the URL');
    expect(refusal.getResponse().message).toBe('Internal server error');
  });
});
