import { describe, expect, it } from '@jest/globals';
import { asPlainText } from './plain-statement.js';

const wrapped = (head: string, body: string) =>
  `${head}tokenward as (${body}) select to_jsonb(tokenward)::text as tokenward from tokenward`;

describe('asPlainText', () => {
  it.each([
    ['select 1', 'with ', 'select 1'],
    [' insert into t values ($1) ', 'with ', 'insert into t values ($1) returning 1'],
    ['update t set a = 1 returning a', 'with ', 'update t set a = 1 returning a'],
    [
      'with d as (delete from t where f(g(1)) returning a), e (x, y) as (select 1, 2) select a from d',
      'with d as (delete from t where f(g(1)) returning a), e (x, y) as (select 1, 2), ',
      'select a from d',
    ],
    ['with d as (select 1) delete from t', 'with d as (select 1), ', 'delete from t returning 1'],
  ])('gives the rows of %j as JSON', (sql, head, body) => {
    expect(asPlainText(sql, [1]).text).toBe(wrapped(head, body));
  });

  it('sends bytes as text', () => {
    const { text, parameters } = asPlainText('select $1::int, $2::bytea, $3::text', [
      1,
      Buffer.from('0aff', 'hex'),
      null,
    ]);
    expect(text).toContain(`$1::int, decode($2::text, 'hex')::bytea, $3::text`);
    expect(parameters).toEqual([1, '0aff', null]);
  });

  it('sends flags, days and large numbers as text', () => {
    const day = new Date('2026-01-02T03:04:05.678Z');
    const { text, parameters } = asPlainText('select $1, $2, $3, $1', [
      true,
      day,
      9_007_199_254_740_993n,
    ]);
    expect(text).toContain(
      'select $1::text::boolean, $2::text::timestamptz, $3::text::bigint, $1::text::boolean',
    );
    expect(parameters).toEqual(['true', '2026-01-02T03:04:05.678Z', '9007199254740993']);
  });

  it('refuses values that libraries write in different ways', () => {
    for (const value of [{}, ['a']])
      expect(() => asPlainText('select $1', [value])).toThrow(TypeError);
  });
});
