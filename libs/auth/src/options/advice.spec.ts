import { describe, expect, it } from '@jest/globals';
import { adviceOn } from './advice.js';
import type { AuthOptions, RouteOptions } from './auth-options.js';
import { BootAdvice } from './boot-advice.service.js';
import { resolveOptions } from './resolve-options.js';

const sound: AuthOptions = {
  issuer: 'https://issuer.example',
  audience: 'api',
  keys: { algorithm: 'RS256' },
  refreshToken: { reuseLeeway: '10s' },
};
const named = (changes: Partial<AuthOptions>, production = true): string[] =>
  adviceOn(resolveOptions({ ...sound, ...changes }, {}), { production }).map(
    ({ option }) => option,
  );

describe('configuration advice', () => {
  it('is empty for sound options', () => {
    expect(named({})).toEqual([]);
  });

  it.each<[string, Partial<AuthOptions>]>([
    ['refreshToken.reuseLeeway', { refreshToken: { reuseLeeway: 0 } }],
    ['refreshToken.onReuse', { refreshToken: { reuseLeeway: '10s', onReuse: 'family' } }],
    ['cookies.secure', { cookies: { secure: false } }],
    ['cookies.sameSite', { cookies: { sameSite: 'none' } }],
    ['cookies.domain', { cookies: { domain: 'example.com' } }],
    ['accessToken.clockTolerance', { accessToken: { clockTolerance: '120s' } }],
    ['throttle', { throttle: false }],
    ['revocation.unproven', { revocation: { mode: 'strict' } }],
    ['boundAccessTtl', { deviceBound: 'offer', boundAccessTtl: '3m' }],
    ['dpop.origin', { dpop: 'offer' }],
    ['transports.allowed', { deviceBound: 'require' }],
    ['origins.trustedOrigins', { origins: { trustedOrigins: ['http://app.example'] } }],
  ])('names %s', (option, changes) => {
    expect(named(changes)).toEqual([option]);
  });

  it.each<[string, Partial<AuthOptions>, boolean]>([
    ['set', { dpop: { origin: 'https://api.example.com' } }, true],
    ['not needed, because dpop is off', { dpop: 'off' }, true],
    ['not needed while developing', { dpop: 'offer' }, false],
  ])('says nothing of a dpop.origin that is %s', (_, changes, production) => {
    expect(named(changes, production)).toEqual([]);
  });

  it('names deviceBound beside cookies.secure where no browser can bind a session', () => {
    expect(named({ deviceBound: 'offer', cookies: { secure: false } })).toEqual([
      'cookies.secure',
      'deviceBound',
    ]);
  });

  it.each<[string, Partial<AuthOptions>, RouteOptions]>([
    ['cookies.secure', { cookies: { secure: false } }, {}],
    ['routes.device', {}, { device: false }],
  ])(
    'deviceBound: require stops the boot where %s is false: nobody could sign in',
    (option, changes, routes) => {
      const resolve = () =>
        resolveOptions({ ...sound, ...changes, deviceBound: 'require' }, routes);
      expect(resolve).toThrow(new RegExp(`^deviceBound: .*${option} is false.*leave it at true`));
    },
  );

  it('recommends 10s where the leeway is 0', () => {
    expect(
      adviceOn(resolveOptions({ ...sound, refreshToken: {} }, {}), { production: false })[0]?.text,
    ).toContain('10s');
  });

  it.each<[string, NonNullable<AuthOptions['cookies']>]>([
    ['cookies.domain', { domain: 'example.com' }],
    ['cookies.refreshPath', { refreshPath: '/' }],
  ])('names %s where two clients may share a refresh cookie without a leeway', (name, cookies) => {
    const options = resolveOptions({ ...sound, refreshToken: {}, cookies }, {});
    const texts = adviceOn(options, { production: false }).filter(({ option }) => option === name);
    expect(texts.map(({ text }) => text).join()).toContain('set refreshToken.reuseLeeway to 10s');
    expect(named({ cookies })).not.toContain('cookies.refreshPath');
  });

  it('strictConfig turns the first advice into a refusal to start', () => {
    const advise = (strictConfig: boolean) =>
      new BootAdvice(
        resolveOptions({ ...sound, throttle: false, strictConfig }, {}),
      ).onModuleInit();
    expect(() => advise(true)).toThrow(/throttle.*strictConfig/);
    expect(() => advise(false)).not.toThrow();
  });
});
