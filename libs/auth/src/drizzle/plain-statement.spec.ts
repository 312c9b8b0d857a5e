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

  it('refuses what each library writes in another way', () => {
    for (const value of [new Date(), true, {}, ['a']])
      expect(() => asPlainText('select $1', [value])).toThrow(TypeError);
  });
});
