import { describe, expect, it } from '@jest/globals';
import { AuthError } from '@tokenward/nestjs';
import { StartError } from '../../../../tools/embedded-postgres/start-error.js';
import { startFailureLine } from './start-failure.js';

describe('what a failed start says', () => {
  it('calls the options of the module by their variables', () => {
    expect(
      startFailureLine(
        AuthError.configuration('keys.privateKey', 'an RSA key of 1024 bits is too weak'),
      ),
    ).toBe('JWT_PRIVATE_KEY: an RSA key of 1024 bits is too weak');
    expect(
      startFailureLine(
        AuthError.configuration('keys.secret', 'set keys.privateKey, or an HS algorithm'),
      ),
    ).toBe('JWT_SECRET: set JWT_PRIVATE_KEY, or an HS algorithm');
    expect(
      startFailureLine(AuthError.configuration('keys.verificationKeys[1].kid', 'two\nlines')),
    ).toBe('JWT_VERIFICATION_KEYS[1].kid: two lines');
  });

  it('names the variable behind a failure of the system, however deep it is', () => {
    const own = { DATABASE_URL: 'postgres://h/d', HOST: 'nowhere.invalid' };
    const failed = (properties: object) => Object.assign(new Error('x'), properties);
    const deep = new Error('query failed', {
      cause: new AggregateError([failed({ code: 'ECONNREFUSED' })]),
    });
    expect(startFailureLine(deep, own)).toMatch(/^DATABASE_URL/);
    expect(startFailureLine(deep, {})).toBeUndefined();
    expect(startFailureLine(failed({ code: '28P01' }), own)).toMatch(/^DATABASE_URL/);
    expect(startFailureLine(failed({ code: 'EADDRINUSE', syscall: 'listen' }), own)).toMatch(
      /^PORT/,
    );
    expect(startFailureLine(failed({ code: 'EADDRNOTAVAIL', syscall: 'listen' }), {})).toMatch(
      /^HOST/,
    );
    expect(
      startFailureLine(failed({ code: 'ENOTFOUND', hostname: 'nowhere.invalid' }), own),
    ).toMatch(/^HOST/);
    expect(startFailureLine(failed({ code: 'ENOTFOUND', hostname: 'h' }), own)).toMatch(
      /^DATABASE_URL/,
    );
  });

  it('leaves a bug its stack', () => {
    expect(startFailureLine(new StartError('one line'))).toBe('one line');
    expect(startFailureLine(new TypeError('x is undefined'))).toBeUndefined();
    expect(startFailureLine(new AuthError('unavailable', 'down'))).toBeUndefined();
  });
});
