import { describe, expect, it } from '@jest/globals';
import type { StandardSchemaV1 } from '../../common/standard-schema.js';
import { checkCustomClaims, hostClaims } from './custom-claims.js';

/** A schema that answers as it is told. */
function answering(result: unknown): StandardSchemaV1 {
  const validate = () => result as { readonly value: unknown };
  return { '~standard': { version: 1, vendor: 'test', validate } };
}
const checked = (result: unknown) => checkCustomClaims({ plan: 'pro' }, answering(result));

describe('claims of the host', () => {
  it('are those that are not Tokenward’s own', () => {
    expect(hostClaims({ sub: 'u', tokenVersion: 1, plan: 'pro' })).toEqual({ plan: 'pro' });
  });

  it.each([
    ['without a schema', (claims: object) => checkCustomClaims(claims as Record<string, unknown>)],
    ['by a schema', (value: object) => checked({ value })],
  ])('are frozen as deep as they go, %s', (_how, check) => {
    const bytes = new Uint8Array(1);
    const claims = {
      shop: { id: 's' },
      list: [{ of: ['a'] }],
      none: null,
      text: 'x',
      count: 1,
      bytes,
      empty: '',
    };
    const round: Record<string, unknown> = { ...claims };
    round['again'] = round;
    expect(check(round)).toMatchObject({ kind: 'accepted', claims });
    for (const each of [round, claims.shop, claims.list, claims.list[0], claims.list[0]?.of])
      expect(Object.isFrozen(each)).toBe(true);
    // whose members cannot be frozen
    expect(Object.isFrozen(bytes)).toBe(false);
  });

  it.each([
    ['a text', 'pro'],
    ['null', null],
    ['a list', ['pro']],
  ])('must be an object: a schema that makes them %s names the option', (_what, value) => {
    expect(() => checked({ value })).toThrow(/accessToken\.claimsSchema.*must describe an object/);
  });

  it('are verified at once: a schema that promises an answer names the option', () => {
    expect(() => checked(Promise.reject(new Error('late')))).toThrow(/claimsSchema.*promise/);
    expect(checked({ value: { plan: 'pro' }, then: 'no function' }).kind).toBe('accepted');
  });

  it('that a schema refuses are told by path alone', () => {
    const issues = [
      { message: 'of a claim', path: ['shop', 0, { key: 'id' }] },
      { message: 'of all', path: undefined },
    ];
    expect(checked({ issues })).toEqual({ kind: 'refused', paths: [['shop', '0', 'id'], []] });
  });
});
