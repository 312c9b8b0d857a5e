import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { IssuedTokens } from '../tokens/issued-tokens.js';
import { accessCookie, maxAccessTokenBytes } from '../../options/cookie-budget.js';
import type { HttpResponse } from '../../verify/http/adapter.js';
import { AuthCookies } from './cookies.service.js';
import { grant, settings } from '../../verify/http/samples.fixture.js';

/** The part of Node's response that cookies need. */
function response(
  early: readonly string[] = [],
  cookie?: string,
): HttpResponse & { lines: () => readonly string[] } {
  let kept: unknown = early.length > 0 ? early : undefined;
  return {
    req: { headers: { cookie } },
    getHeader: () => kept as string[],
    setHeader: (_, value) => (kept = value),
    lines: () => kept as readonly string[],
  };
}

const ACCESS = 'access_token=aaa.bbb.ccc; Max-Age=900; Path=/; HttpOnly; Secure; SameSite=Lax';
const REFRESH = 'refresh_token=rrr; Max-Age=2592000; Path=/auth; HttpOnly; Secure; SameSite=Strict';
const DEVICE = 'device=d.1; Max-Age=34560000; Path=/auth; HttpOnly; Secure; SameSite=Strict';
const NO_ACCESS = 'access_token=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax';
const NO_REFRESH = 'refresh_token=; Max-Age=0; Path=/auth; HttpOnly; Secure; SameSite=Strict';
const deviceToken = 'd.1';

const cookiesOf = (options = settings()) =>
  new AuthCookies(options, {
    refreshPath: options.cookies.refreshPath ?? '/auth',
    routesPath: '/auth',
  });

describe('the cookies', () => {
  it.each<[string, Partial<IssuedTokens>, string[]]>([
    ['cookie', { deviceToken }, [ACCESS, REFRESH, DEVICE]],
    ['cookie without a device', {}, [ACCESS, REFRESH]],
    ['hybrid', { transport: 'hybrid', deviceToken }, [REFRESH, DEVICE, NO_ACCESS]],
    ['bearer', { transport: 'bearer', deviceToken }, [NO_ACCESS, NO_REFRESH]],
    [
      'browser session',
      { persistence: 'browser_session' },
      [ACCESS, 'refresh_token=rrr; Path=/auth; HttpOnly; Secure; SameSite=Strict'],
    ],
  ])('of a login: %s', (_, overrides, expected) => {
    const sent = response();
    cookiesOf().signIn(sent, grant(overrides));
    expect(sent.lines()).toEqual(expected);
  });

  it.each<[IssuedTokens['transport'], string[] | undefined]>([
    ['cookie', [ACCESS, REFRESH]],
    ['hybrid', [REFRESH]],
    ['bearer', undefined],
  ])('of a renewal: %s', (transport, expected) => {
    const sent = response();
    cookiesOf().renew(sent, grant({ transport }));
    expect(sent.lines()).toEqual(expected);
  });

  // T-xxfw
  it('are cleared with the names, paths and domain they were set with, except the device cookie', () => {
    const named = {
      accessName: '__Secure-a',
      refreshName: '__Secure-r',
      domain: 'example.com',
      accessPath: '/api',
      refreshPath: '/api/auth',
    };
    const cookies = cookiesOf(settings({ cookies: { ...named, sameSite: 'none' } }));
    const set = response();
    const cleared = response();
    cookies.signIn(set, grant());
    cookies.clear(cleared);
    const scope = (line: string) => line.replace(/=[^;]*; Max-Age=\d+/, '');
    expect(cleared.lines().map(scope)).toEqual(set.lines().map(scope));
    expect(cleared.lines()[0]).toBe(
      '__Secure-a=; Max-Age=0; Domain=example.com; Path=/api; HttpOnly; Secure; SameSite=None',
    );
  });

  describe('that were set in another scope', () => {
    const formerScopes = [{ domain: 'example.com' }, { path: '/old' }];
    const cookies = (changes = {}) =>
      cookiesOf(settings({ cookies: { formerScopes, ...changes } }));
    const scopes = (sent: ReturnType<typeof response>) =>
      (sent.lines() ?? []).map((line) => line.replace(/; Max-Age=[1-9]\d*|; HttpOnly.*/g, ''));
    const TWO = 'refresh_token=a; refresh_token=b';
    const CLEARED_REFRESH = [
      'refresh_token=; Max-Age=0; Path=/auth',
      'refresh_token=; Max-Age=0; Domain=example.com; Path=/auth',
      'refresh_token=; Max-Age=0; Path=/old',
    ];
    const CLEARED_ACCESS = [
      'access_token=; Max-Age=0; Path=/',
      'access_token=; Max-Age=0; Domain=example.com; Path=/',
      'access_token=; Max-Age=0; Path=/old',
    ];

    it('are cleared there at a login and a refresh, beside each cookie that is set', () => {
      const sent = response();
      cookies().signIn(sent, grant({ transport: 'hybrid', deviceToken }));
      expect(scopes(sent)).toEqual([
        'refresh_token=rrr; Path=/auth',
        ...CLEARED_REFRESH.slice(1),
        'device=d.1; Path=/auth',
        'device=; Max-Age=0; Domain=example.com; Path=/auth',
        'device=; Max-Age=0; Path=/old',
        ...CLEARED_ACCESS,
      ]);
      const renewed = response();
      cookies().renew(renewed, grant({ transport: 'hybrid' }));
      expect(scopes(renewed).slice(1)).toEqual(CLEARED_REFRESH.slice(1));
    });

    it('are cleared there once at the end of a session, however often they were sent', () => {
      const sent = response();
      cookies().clear(sent);
      expect(scopes(sent)).toEqual([...CLEARED_ACCESS, ...CLEARED_REFRESH]);
      const twice = response([], TWO);
      cookies().clearRepeated(twice);
      expect(scopes(twice)).toEqual(CLEARED_REFRESH);
    });

    // T-6qmv
    it.each<[string, object[], string, object?]>([
      ['no scope is known', [], TWO],
      ['more came than there are scopes', formerScopes, 'refresh_token=a; '.repeat(4)],
      ['the scope is the present one', [{ path: '/auth' }], TWO],
      [
        'the scope is the present one, with a dot',
        [{ domain: '.EXAMPLE.com' }],
        TWO,
        { domain: 'example.com' },
      ],
    ])('stay, all of the name, where %s', (_, former, cookie, changes = {}) => {
      const options = { ...changes, formerScopes: former };
      const refused = response([], cookie);
      cookies(options).clearRepeated(refused);
      expect(refused.lines()).toBeUndefined();
      const ended = response([], cookie);
      cookies(options).clear(ended);
      expect(scopes(ended).join()).not.toContain('refresh_token');
      expect(scopes(ended).join()).toContain('access_token');
      const bearer = response([], cookie);
      cookies(options).signIn(bearer, grant({ transport: 'bearer' }));
      expect(scopes(bearer).join()).not.toContain('refresh_token');
      const out = response([], cookie);
      cookies(options).clear(out, 'all');
      expect(scopes(out).join()).toContain('refresh_token');
    });

    it('and cannot be cleared, are named in the log once, with the cure', () => {
      const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      const unnamed = cookies({ formerScopes: [] });
      cookies().clearRepeated(response([], TWO));
      unnamed.clear(response([], 'refresh_token=a'));
      expect(warn).not.toHaveBeenCalled();
      unnamed.clearRepeated(response([], TWO));
      unnamed.clear(response([], TWO));
      const lines = warn.mock.calls.map(([line]) => String(line));
      warn.mockRestore();
      expect(lines).toEqual([
        expect.stringMatching(/^2 cookies named refresh_token .*cookies\.formerScopes/),
      ]);
    });

    it('with __Host- are not cleared in a scope that a browser refuses', () => {
      const sent = response();
      cookies({ accessName: '__Host-access_token' }).clear(sent);
      expect(scopes(sent).filter((line) => line.startsWith('__Host-'))).toHaveLength(1);
    });
  });

  it('are not Secure where development switches it off', () => {
    const sent = response();
    cookiesOf(settings({ cookies: { secure: false } })).signIn(sent, grant());
    expect(sent.lines().join()).not.toContain('Secure');
  });

  it('are added beside the host’s own cookies', () => {
    const sent = response(['theirs=1; Path=/']);
    cookiesOf().clear(sent);
    expect(sent.lines()).toEqual(['theirs=1; Path=/', NO_ACCESS, NO_REFRESH]);
  });

  // T-xt9t
  it('may fill 4 KiB to the byte, and one byte more is refused before anything is written', () => {
    const options = settings({ cookies: { domain: 'example.com' } });
    const largest = 'a'.repeat(maxAccessTokenBytes(options));
    expect(Buffer.byteLength(accessCookie(options, largest, 900))).toBe(4096);
    const cookies = cookiesOf(options);
    const sent = response();
    expect(() => cookies.signIn(sent, grant({ accessToken: `${largest}a` }))).toThrow(
      expect.objectContaining({ reason: 'token_too_large' }),
    );
    expect(sent.lines()).toBeUndefined();
    cookies.signIn(sent, grant({ accessToken: largest }));
    expect(sent.lines()[0]).toContain(largest);
  });

  // T-fggk
  it('refuse a value that would add an attribute or a header', () => {
    const cookies = cookiesOf();
    for (const accessToken of ['a; Domain=evil.test', 'a\r\nSet-Cookie: x=1'])
      expect(() => cookies.signIn(response(), grant({ accessToken }))).toThrow(TypeError);
  });
});
