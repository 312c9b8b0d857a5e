import { describe, expect, it } from '@jest/globals';
import { privateKey, refusal } from './refused-options.fixture.js';

const BESIDE = 'it belongs next to useFactory, useClass or useExisting, not in what they return';

describe('a name that is not an option', () => {
  // T-k8tg
  it.each<readonly [changes: object, name: string, meant: string]>([
    // misspelt, in any spelling
    [{ acessToken: {} }, 'acessToken', 'accessToken'],
    [{ access_token: {} }, 'access_token', 'accessToken'],
    [{ ACCESSTOKEN: {} }, 'ACCESSTOKEN', 'accessToken'],
    [{ isuer: 'x' }, 'isuer', 'issuer'],
    [{ issuer: undefined, isuer: 'x' }, 'isuer', 'issuer'],
    [{ acessToken: undefined }, 'acessToken', 'accessToken'],
    [{ revocation: { modus: 'strict' } }, 'revocation.modus', 'revocation.mode'],
    [{ revocation: { maxStalness: '1s' } }, 'revocation.maxStalness', 'revocation.maxStaleness'],
    [{ throttle: { acount: 3 } }, 'throttle.acount', 'throttle.account'],
    [{ observe: { burst: 3 } }, 'observe.burst', 'observe.burstOf'],
    [{ keys: { privatKey: privateKey } }, 'keys.privatKey', 'keys.privateKey'],
    [
      { accessToken: { legacy: [{ acceptUntill: '2026-12-31' }] } },
      'accessToken.legacy[0].acceptUntill',
      'accessToken.legacy[0].acceptUntil',
    ],
    [
      { accessToken: { encryption: { keys: [{ keyId: 'e1', kee: 'x' }] } } },
      'accessToken.encryption.keys[0].kee',
      'accessToken.encryption.keys[0].key',
    ],
    [{ onEvents: () => undefined }, 'onEvents', 'onEvent'],
    // the former name
    [{ passwords: { memoryKib: 19_456 } }, 'passwords.memoryKib', 'passwords.memoryCost'],
    [{ passwords: { passes: 2 } }, 'passwords.passes', 'passwords.timeCost'],
    // the name in another library
    [{ accessToken: { expiresIn: '5m' } }, 'accessToken.expiresIn', 'accessToken.ttl'],
    [{ refreshToken: { maxAge: '5m' } }, 'refreshToken.maxAge', 'refreshToken.ttl'],
  ])('%j: is %s, and %s is meant', (changes, name, meant) => {
    expect(refusal(changes)).toBe(`${name}: is not an option; did you mean ${meant}?`);
  });

  it.each<readonly [changes: object, name: string, place: string]>([
    [{ secret: 'a secret that is not printed' }, 'secret', 'it belongs at keys.secret'],
    [{ secretOrKey: 'x' }, 'secretOrKey', 'it belongs at keys.secret'],
    [{ ttl: '5m' }, 'ttl', 'it belongs at accessToken.ttl or refreshToken.ttl'],
    [{ accessToken: { domain: 'x' } }, 'accessToken.domain', 'it belongs at cookies.domain'],
    [{ cookies: { trustProxy: true } }, 'cookies.trustProxy', 'it belongs at origins.trustProxy'],
    [{ keys: { rotateAfter: '90d' } }, 'keys.rotateAfter', 'it belongs at keyRotation.rotateAfter'],
    [{ 'accessToken.ttl': '5m' }, 'accessToken.ttl', 'write it nested: accessToken: { ttl … }'],
    [{ routes: { revokeUser: false } }, 'routes', BESIDE],
    [{ routes: false }, 'routes', BESIDE],
    [{ isGlobal: true }, 'isGlobal', BESIDE],
    [{ name: 'staff' }, 'name', BESIDE],
    [
      { jwks: { url: 'https://a.example' } },
      'jwks.url',
      'it belongs to AuthModule.forResourceServer',
    ],
    [{ jwks: { coolDown: '1s' } }, 'jwks.coolDown', 'it belongs to AuthModule.forResourceServer'],
  ])('%j: is %s, and stands elsewhere: %s', (changes, name, place) => {
    expect(refusal(changes)).toBe(`${name}: is not an option; ${place}`);
  });

  it('lists the known names when no name is similar', () => {
    expect(refusal({ jwks: { qwertzuiop: 1 } })).toBe(
      'jwks.qwertzuiop: is not an option; known here: cacheFor',
    );
  });
});
