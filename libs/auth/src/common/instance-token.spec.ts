import { describe, expect, it } from '@jest/globals';
import { authToken } from './instance-token.js';

const minified = () => class t {};

describe('authToken', () => {
  it('is the same for each caller that names the same class and instance', () => {
    class AuthService {}
    expect(authToken(AuthService)).toBe('tokenward:default:AuthService');
    expect(authToken(AuthService, 'staff')).toBe('tokenward:staff:AuthService');
    expect(authToken(AuthService)).toBe(authToken(AuthService));
  });

  it('distinguishes classes to which a bundler gave the same name', () => {
    const classes = [minified(), minified(), minified()];
    const tokens = classes.map((each) => authToken(each));
    expect(new Set(tokens).size).toBe(3);
    expect(classes.map((each) => authToken(each))).toEqual(tokens);
    expect(classes.map((each) => authToken(each, 'staff'))).toEqual(
      tokens.map((token) => token.replace('default', 'staff')),
    );
  });
});
