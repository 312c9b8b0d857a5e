import { describe, expect, it } from '@jest/globals';
import { AuthError } from '@tokenward/nestjs';
import { StartError } from './start-error.js';
import { startFailureLine } from './start-failure.js';

describe('what a failed start says', () => {
  it('calls the options of the module by their variables', () => {
    expect(
      startFailureLine(AuthError.configuration('keys.privateKey', 'an RSA key of 1024 bits is too weak')),
    ).toBe('JWT_PRIVATE_KEY: an RSA key of 1024 bits is too weak');
    expect(
      startFailureLine(AuthError.configuration('keys.secret', 'set keys.privateKey, or an HS algorithm')),
    ).toBe('JWT_SECRET: set JWT_PRIVATE_KEY, or an HS algorithm');
    expect(startFailureLine(AuthError.configuration('keys.verificationKeys[1].kid', 'two\nlines'))).toBe(
      'JWT_VERIFICATION_KEYS[1].kid: two lines',
    );
  });

  it('names the variable behind a failure of the system, however deep it is', () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    expect(startFailureLine(new Error('query failed', { cause: new AggregateError([refused]) }))).toMatch(
      /^DATABASE_URL/,
    );
    expect(startFailureLine(Object.assign(new Error('x'), { code: 'EADDRINUSE' }))).toMatch(/^PORT/);
    expect(startFailureLine(Object.assign(new Error('x'), { code: '28P01' }))).toMatch(/^DATABASE_URL/);
  });

  it('leaves a bug its stack', () => {
    expect(startFailureLine(new StartError('one line'))).toBe('one line');
    expect(startFailureLine(new TypeError('x is undefined'))).toBeUndefined();
    expect(startFailureLine(new AuthError('unavailable', 'down'))).toBeUndefined();
  });
});
