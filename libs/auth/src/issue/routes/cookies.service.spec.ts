import { describe, expect, it } from '@jest/globals';
import type { IssuedTokens } from '../tokens/issued-tokens.js';
import { accessCookie, maxAccessTokenBytes } from '../../options/cookie-budget.js';
import type { HttpResponse } from '../../verify/http/adapter.js';
import { AuthCookies } from './cookies.service.js';
import { grant, settings } from '../../verify/http/http-app.fixture.js';

/** Node's response, as far as cookies go. */
function response(early: readonly string[] = []): HttpResponse & { lines: () => readonly string[] } {
  let kept: unknown = early.length > 0 ? early : undefined;
  return {
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

describe('the cookies', () => {
  it.each<[string, Partial<IssuedTokens>, string[]]>([
    ['cookie', { deviceToken }, [ACCESS, REFRESH, DEVICE]],
    ['cookie without a device', {}, [ACCESS, REFRESH]],
    ['hybrid', { transport: 'hybrid', deviceToken }, [REFRESH, DEVICE, NO_ACCESS]],
    ['bearer', { transport: 'bearer', deviceToken }, [NO_ACCESS, NO_REFRESH]],
    ['browser session', { persistence: 'browser_session' }, [ACCESS, 'refresh_token=rrr; Path=/auth; HttpOnly; Secure; SameSite=Strict']],
  ])('of a login: %s', (_, overrides, expected) => {
    const sent = response();
    new AuthCookies(settings()).signIn(sent, grant(overrides));
    expect(sent.lines()).toEqual(expected);
  }); // prettier-ignore

  it.each<[IssuedTokens['transport'], string[] | undefined]>([
    ['cookie', [ACCESS, REFRESH]],
    ['hybrid', [REFRESH]],
    ['bearer', undefined],
  ])('of a renewal: %s', (transport, expected) => {
    const sent = response();
    new AuthCookies(settings()).renew(sent, grant({ transport }));
    expect(sent.lines()).toEqual(expected);
  });

  it('are cleared with the names, paths and domain they were set with, the device kept', () => {
    const named = { accessName: '__Secure-a', refreshName: '__Secure-r', domain: 'example.com', accessPath: '/api', refreshPath: '/api/auth' };
    const cookies = new AuthCookies(settings({ cookies: { ...named, sameSite: 'none' } }));
    const set = response();
    const cleared = response();
    cookies.signIn(set, grant());
    cookies.clear(cleared);
    const scope = (line: string) => line.replace(/=[^;]*; Max-Age=\d+/, '');
    expect(cleared.lines().map(scope)).toEqual(set.lines().map(scope));
    expect(cleared.lines()[0]).toBe('__Secure-a=; Max-Age=0; Domain=example.com; Path=/api; HttpOnly; Secure; SameSite=None');
  }); // prettier-ignore

  it('are not Secure where development says so', () => {
    const sent = response();
    new AuthCookies(settings({ cookies: { secure: false } })).signIn(sent, grant());
    expect(sent.lines().join()).not.toContain('Secure');
  });

  it('stand beside what the host set', () => {
    const sent = response(['theirs=1; Path=/']);
    new AuthCookies(settings()).clear(sent);
    expect(sent.lines()).toEqual(['theirs=1; Path=/', NO_ACCESS, NO_REFRESH]);
  });

  it('fit in 4 KiB to the byte, and one byte more is refused before anything is written', () => {
    const options = settings({ cookies: { domain: 'example.com' } });
    const largest = 'a'.repeat(maxAccessTokenBytes(options));
    expect(Buffer.byteLength(accessCookie(options, largest, 900))).toBe(4096);
    const cookies = new AuthCookies(options);
    const sent = response();
    expect(() => cookies.signIn(sent, grant({ accessToken: `${largest}a` }))).toThrow(
      expect.objectContaining({ reason: 'token_too_large' }),
    );
    expect(sent.lines()).toBeUndefined();
    cookies.signIn(sent, grant({ accessToken: largest }));
    expect(sent.lines()[0]).toContain(largest);
  });

  it('refuse a value that would add an attribute or a header', () => {
    const cookies = new AuthCookies(settings());
    for (const accessToken of ['a; Domain=evil.test', 'a\r\nSet-Cookie: x=1'])
      expect(() => cookies.signIn(response(), grant({ accessToken }))).toThrow(TypeError);
  });
});
