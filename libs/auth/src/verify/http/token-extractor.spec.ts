import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { HttpRequest } from './adapter.js';
import { presentedAccessToken, presentedCookie } from './token-extractor.js';

/** A request as Node delivers it: cookies joined, only the first Authorization header kept, the raw list complete. */
function request(...lines: readonly (readonly [string, string])[]): HttpRequest {
  const of = (name: string) =>
    lines.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  const cookies = of('cookie');
  return {
    headers: {
      cookie: cookies.length > 0 ? cookies.join('; ') : undefined,
      authorization: of('authorization')[0],
    },
    rawHeaders: lines.flat(),
  };
}
const cookie = (text: string): HttpRequest => request(['Cookie', text]);
const authorization = (text: string): HttpRequest => request(['Authorization', text]);
const extract = (from: HttpRequest) => presentedAccessToken(from, 'access_token');

const byCookie = (value: string) => ({ kind: 'token', value, source: 'cookie' });
const byBearer = (value: string) => ({ kind: 'token', value, source: 'bearer' });
const NONE = { kind: 'none' };
const REFUSED = expect.objectContaining({ kind: 'refused' }) as unknown;

describe('where an access token is read from', () => {
  it.each<[string, HttpRequest, unknown]>([
    ['nothing', request(), NONE],
    ['the cookie', cookie('access_token=a.b.c'), byCookie('a.b.c')],
    ['the cookie among others', cookie('x=1; access_token=a.b.c; y=2'), byCookie('a.b.c')],
    ['no blank after the semicolon', cookie('x=1;access_token=a;y=2'), byCookie('a')],
    ['blanks around', cookie(' \taccess_token \t=\t a \t'), byCookie('a')],
    ['a value with an equals sign', cookie('access_token=a=b='), byCookie('a=b=')],
    ['an empty cookie counts as none', cookie('access_token='), NONE],
    ['a blank cookie counts as none', cookie('access_token=  ; x=1'), NONE],
    [
      'with an empty cookie the header is used',
      request(['Cookie', 'access_token='], ['Authorization', 'Bearer t']),
      byBearer('t'),
    ],
    [
      'the cookie decides',
      request(['Cookie', 'access_token=c'], ['Authorization', 'Bearer t']),
      byCookie('c'),
    ],
    ['percent signs are not decoded', cookie('access_token=%61'), byCookie('%61')],
    ['quotes are part of the value', cookie('access_token="a"'), byCookie('"a"')],
    ['another case is another cookie', cookie('ACCESS_TOKEN=a'), NONE],
    ['a name that only ends alike', cookie('xaccess_token=a'), NONE],
    ['a name that only begins alike', cookie('access_token2=a'), NONE],
    ['a name without a value', cookie('access_token'), NONE],
    ['a name without a value before another pair', cookie('access_token; b=access_token'), NONE],
    ['a value that looks like ours', cookie('x=access_token=a'), NONE],
    ['two cookies', cookie('access_token=a; access_token=b'), REFUSED],
    ['two equal cookies', cookie('access_token=a; access_token=a'), REFUSED],
    ['two empty cookies', cookie('access_token=; access_token='), REFUSED],
    ['an empty one first', cookie('access_token=; access_token=a'), REFUSED],
    ['an empty one last', cookie('access_token=a; x=1; access_token='), REFUSED],
    ['a scheme without a space', authorization('Bearer\tt'), REFUSED],
    ['a list after the scheme', authorization('Bearer, Bearer t'), REFUSED],
    [
      'two Cookie headers',
      request(['Cookie', 'access_token=a'], ['cookie', 'access_token=a']),
      REFUSED,
    ],
    [
      'two cookies and a good header',
      request(['Cookie', 'access_token=; access_token='], ['Authorization', 'Bearer t']),
      REFUSED,
    ],
    [
      'a nameless cookie that spells the pair',
      cookie('access_token=a; =access_token=b'),
      byCookie('a'),
    ],
    ['__proto__', cookie('__proto__=a'), NONE],
    ['bearer', authorization('Bearer a.b.c'), byBearer('a.b.c')],
    ['bearer in any case', authorization('bEaReR a.b.c'), byBearer('a.b.c')],
    ['several blanks', authorization('Bearer   a'), byBearer('a')],
    ['padding', authorization('Bearer a=='), byBearer('a==')],
    ['another scheme', authorization('Basic dTpw'), NONE],
    ['a scheme that begins alike', authorization('Bearerish a'), NONE],
    ['no credential', authorization('Bearer'), REFUSED],
    ['a blank credential', authorization('Bearer '), REFUSED],
    ['a tab', authorization('Bearer\ta'), REFUSED],
    ['two credentials', authorization('Bearer a b'), REFUSED],
    ['a list', authorization('Bearer a, Bearer b'), REFUSED],
    ['a comma', authorization('Bearer, a'), REFUSED],
    ['quotes are for the verifier to refuse', authorization('Bearer "a"'), byBearer('"a"')],
    ['so is what is not ASCII', authorization('Bearer ä'), byBearer('ä')],
    ['two headers', request(['Authorization', 'Bearer a'], ['authorization', 'Bearer a']), REFUSED],
    [
      'two headers, bearer second',
      request(['Authorization', 'Basic a'], ['Authorization', 'Bearer b']),
      REFUSED,
    ],
    ['without raw headers', { headers: { authorization: 'Bearer a' } }, byBearer('a')],
    [
      'a header that a middleware replaced',
      { headers: { authorization: 'Bearer new' }, rawHeaders: ['Authorization', 'Bearer old'] },
      byBearer('new'),
    ],
    [
      'a header that a middleware removed',
      { headers: {}, rawHeaders: ['Authorization', 'Bearer old'] },
      NONE,
    ],
    [
      'query and body',
      { headers: {}, query: { access_token: 'a' }, body: { access_token: 'a' } } as HttpRequest,
      NONE,
    ],
  ])('%s', (_, from, expected) => {
    expect(extract(from)).toEqual(expected);
  });

  // T-g4tk
  it('finds one cookie at any position, and refuses a second one at any position', () => {
    const other = fc
      .stringMatching(/^[\w!#$%&'*+.^`|~-]{0,12}=[\w./+-]{0,12}$/)
      .filter((pair) => !pair.startsWith('t='));
    const value = fc.stringMatching(/^[\w.-]{1,20}$/);
    const blanks = fc.stringMatching(/^[ \t]{0,2}$/);
    fc.assert(
      fc.property(
        fc.array(other),
        fc.array(other),
        fc.array(other),
        value,
        fc.string(),
        blanks,
        (a, b, c, token, second, blank) => {
          const tossed = second.replace(/[;,\r\n]/g, '');
          const one = [...a, `${blank}t${blank}=${token}`, ...b, ...c].join(';');
          const two = [...a, `t=${token}`, ...b, `${blank}t=${tossed}`, ...c].join('; ');
          expect(presentedCookie(cookie(one), 't')).toEqual({ kind: 'value', value: token });
          expect(presentedCookie(cookie(two), 't')).toEqual({ kind: 'repeated' });
        },
      ),
    );
  });

  it('does not throw or invent a token', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (cookies, header) => {
        const presented = extract(request(['Cookie', cookies], ['Authorization', header]));
        if (presented.kind === 'token')
          expect(presented.source === 'cookie' ? cookies : header).toContain(presented.value);
      }),
    );
  });

  it('reads a hostile header in linear time', () => {
    const started = performance.now();
    extract(cookie('=;'.repeat(500_000)));
    extract(authorization(`Bearer ${' '.repeat(500_000)}!`));
    extract(authorization(`Bearer ${'a'.repeat(500_000)}!`));
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
