import { describe, expect, it } from '@jest/globals';
import { AuthClientError } from '@tokenward/client';
import { sayError } from './say-error.js';

const refusal = (status: number, code: string, message = '', retryAfter?: number) =>
  new AuthClientError(status, message, retryAfter, code);

describe('sayError', () => {
  it.each([
    ['newPassword: must have at least 8 characters', 'newPassword', 'Use at least 8 characters.'],
    [
      'newPassword: must not be the current password',
      'newPassword',
      'This is the password that you have. Choose another one.',
    ],
    ['email: must be an email address; name: x', 'email', 'This is not an email address.'],
    ['code: must be text', 'code', 'Please check this field.'],
  ])('puts "%s" at its field, in words of the page', (message, field, text) => {
    expect(sayError(refusal(400, 'invalid_input', message))).toEqual({ field, text });
  });

  it('explains a 401 for the caller’s context, and says nothing when the user cancelled', () => {
    const refused = { text: 'Email or password is not right.', field: 'password' };
    expect(sayError(refusal(401, 'login_refused'), refused)).toBe(refused);
    expect(sayError(refusal(401, 'reauthentication_required'), refused)).toBeUndefined();
    expect(sayError(refusal(403, 'email_unverified'), refused)?.field).toBe('email');
  });

  it('distinguishes an outage, a limit and the browser’s own refusal', () => {
    expect(sayError(new TypeError('Failed to fetch'))?.text).toMatch(/^The server cannot answer/);
    expect(sayError(refusal(429, 'too_many_attempts', '', 240))?.text).toBe(
      'Too many tries. Try again in 4 minutes.',
    );
    expect(sayError(new DOMException('no', 'NotAllowedError'))?.text).toBe('No passkey was given.');
  });
});
