import { describe, expect, it } from '@jest/globals';
import { accountKey } from './account-key.js';

describe('accountKey', () => {
  it.each([
    'bob@x.test',
    'BOB@X.TEST',
    'b\u00f6b@x.test',
    'b\u200bo\u00adb@x.test',
    'b.o.b@x.test',
    '\uff42\uff4f\uff42@x.test',
    'bob+tag.1@x.test',
    ' bob @x.test',
  ])('%j counts under one name', (typed) => {
    expect(accountKey(typed)).toBe(accountKey('bob@x.test'));
  });

  it.each(['rob@x.test', 'bob@y.test', 'bobx@test', '', '+++'])('%j has another key', (typed) => {
    expect(accountKey(typed)).not.toBe(accountKey('bob@x.test'));
  });

  it('gives different keys to names without letters', () => {
    expect(accountKey('++')).not.toBe(accountKey('--'));
  });
});
