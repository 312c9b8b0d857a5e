import { describe, expect, it } from '@jest/globals';
import { namesAudience, readByHook, wholeSeconds } from './foreign-claims.js';

describe('a date of a token that is not ours', () => {
  it.each<[unknown, (value: number) => number, number | undefined]>([
    [10, Math.floor, 10],
    [10.9, Math.floor, 10],
    [10.1, Math.ceil, 11],
    [0, Math.floor, 0],
    [-0.5, Math.floor, undefined],
    [1e300, Math.floor, undefined],
    [NaN, Math.floor, undefined],
    [Infinity, Math.ceil, undefined],
    ['10', Math.floor, undefined],
    [null, Math.floor, undefined],
    [undefined, Math.floor, undefined],
    [[10], Math.floor, undefined],
  ])('%j, by %p, is %j', (date, round, seconds) => {
    expect(wholeSeconds(date, round)).toBe(seconds);
  });
});

describe('an audience of a token that is not ours', () => {
  it.each<[unknown, boolean]>([
    ['a', true],
    ['b', true],
    [['x', 'b'], true],
    ['x', false],
    ['a b', false],
    ['', false],
    [[], false],
    [['x', 'y'], false],
    [['a', 1], false],
    [[['a']], false],
    [{ 0: 'a', length: 1 }, false],
    [undefined, false],
    [null, false],
  ])('%j is expected: %s', (given, expected) => {
    expect(namesAudience(given, ['a', 'b'])).toBe(expected);
  });
});

describe('what a hook reads from claims', () => {
  it.each<[string, object]>([
    ['an id alone', { id: 'u' }],
    ['a role and permissions', { id: 'u', role: 'admin', permissions: ['a', 'b'] }],
    ['an empty list of permissions', { id: 'u', permissions: [] }],
  ])('is taken with %s', (_, facts) => {
    const claims = { sub: 'u' };
    const asked: unknown[] = [];
    expect(readByHook((given) => (asked.push(given), facts as { id: string }), claims)).toBe(facts);
    expect(asked).toEqual([claims]);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['no id', {}],
    ['an empty id', { id: '' }],
    ['a number as id', { id: 7 }],
    ['an empty role', { id: 'u', role: '' }],
    ['null as role', { id: 'u', role: null }],
    ['a list as role', { id: 'u', role: ['admin'] }],
    ['a text of permissions', { id: 'u', permissions: 'a b' }],
    ['permissions that are not text', { id: 'u', permissions: ['a', 1] }],
    ['null as permissions', { id: 'u', permissions: null }],
  ])('is refused with %s', (_, facts) => {
    expect(readByHook(() => facts as { id: string }, {})).toBeUndefined();
  });

  it('is refused where the hook throws', () => {
    const hook = (): { id: string } => {
      throw new TypeError('claims of another shape');
    };
    expect(readByHook(hook, {})).toBeUndefined();
  });
});
