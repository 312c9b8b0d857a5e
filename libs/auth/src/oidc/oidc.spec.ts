import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it, jest } from '@jest/globals';
import type { OidcOptions, OidcProvider } from './oidc-schema.js';
import { oidc } from './oidc.js';
import { apple } from './apple.js';
import { github } from './github.js';
import { google, microsoft } from './presets.js';

const PROVIDER: OidcProvider = {
  issuer: 'https://issuer.example',
  clientId: 'me',
  clientSecret: 'a secret',
};
const options = (changes: Partial<OidcOptions> = {}): OidcOptions => ({
  providers: { example: PROVIDER },
  ...changes,
});
const provider = (changes: Partial<OidcProvider>): OidcOptions =>
  options({ providers: { example: { ...PROVIDER, ...changes } } });

const TENANT = '11111111-2222-3333-4444-555555555555';

describe('presets', () => {
  const client = { clientId: 'me', clientSecret: 'a secret' };

  it('name the exact issuer', () => {
    const providers = {
      google: google(client),
      microsoft: microsoft({ ...client, tenant: TENANT }),
    };
    expect([...oidc(options({ providers })).issuers.values()]).toEqual([
      'https://accounts.google.com',
      `https://login.microsoftonline.com/${TENANT}/v2.0`,
    ]);
  });

  it.each(['common', 'organizations', 'consumers', 'example.com', `${TENANT}/..`])(
    'microsoft refuses a tenant that is not one directory: %s',
    (tenant) => {
      expect(() => microsoft({ ...client, tenant })).toThrow('microsoft.tenant: must be the id');
    },
  );

  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const p8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const ids = { clientId: 'com.example.app', teamId: 'TEAM567890', keyId: 'KEY4567890' };

  it('apple and github name the exact issuer', () => {
    const providers = { apple: apple({ ...ids, privateKey: p8 }), github: github(client) };
    expect([...oidc(options({ providers })).issuers.values()]).toEqual([
      'https://appleid.apple.com',
      'https://github.com',
    ]);
  });

  it.each([
    ['no PEM', { privateKey: 'AuthKey_KEY4567890.p8' }, 'apple.privateKey: must be'],
    ['an RSA key', { privateKey: rsaPem() }, 'apple.privateKey: must be'],
    ['a team of another form', { teamId: 'team' }, 'apple.teamId: must be'],
  ])('apple takes %s for a mistake, and never shows the key', (_, changes, message) => {
    expect(() => apple({ ...ids, privateKey: p8, ...changes })).toThrow(message);
  });

  it.each(['http://github.example.com', 'github.example.com', 'https://github.example.com/?a'])(
    'github refuses a server without TLS, and a query: %s',
    (server) => {
      expect(() => github({ ...client, server })).toThrow('github.server: must be');
    },
  );

  it('an empty secret stops the boot with the name of the option', () => {
    expect(() => google({ ...client, clientSecret: '' })).toThrow('google.clientSecret: must be');
  });
});

describe('a provider that does not answer', () => {
  it('is asked again after five seconds', async () => {
    jest.useFakeTimers();
    const metadata = {
      issuer: PROVIDER.issuer,
      authorization_endpoint: `${PROVIDER.issuer}/authorize`,
    };
    const fetch = jest.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('fetch failed'));
    const method = oidc(options());
    const ask = () =>
      method.authorizationUrl('example', {
        redirectUri: '',
        state: 's',
        nonce: 'n',
        verifier: 'v',
      });
    const refusal = { reason: 'unavailable' };
    await expect(ask()).rejects.toMatchObject(refusal);
    fetch.mockResolvedValue(Response.json(metadata));
    await expect(ask()).rejects.toMatchObject(refusal);
    expect(fetch).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(5000);
    expect(await ask()).toContain(`${PROVIDER.issuer}/authorize?`);
    fetch.mockRestore();
    jest.useRealTimers();
  });
});

describe('a provider whose keys come without TLS', () => {
  it('signs nobody out, and its keys are not fetched', async () => {
    const metadata = { issuer: PROVIDER.issuer, jwks_uri: 'http://issuer.example/jwks' };
    const fetch = jest.spyOn(globalThis, 'fetch').mockResolvedValue(Response.json(metadata));
    const header = Buffer.from('{"alg":"RS256"}').toString('base64url');
    const answer = await oidc(options()).logout('example', `${header}.e30.e30`);
    expect(answer).toMatchObject({ kind: 'refused' });
    expect(fetch).toHaveBeenCalledTimes(1);
    fetch.mockRestore();
  });
});

describe('oidc(…)', () => {
  it.each<readonly [string, OidcOptions, string]>([
    ['no provider', options({ providers: {} }), 'oidc.providers: is empty'],
    [
      'a name that cannot be part of a path',
      options({ providers: { 'a/b': PROVIDER } }),
      'oidc.providers: has a name',
    ],
    [
      'a name in capitals',
      options({ providers: { Google: PROVIDER } }),
      'oidc.providers: has a name',
    ],
    [
      'the name of a route',
      options({ providers: { identities: PROVIDER } }),
      'names one identities',
    ],
    [
      'one issuer twice',
      options({ providers: { a: PROVIDER, b: PROVIDER } }),
      'names one issuer twice',
    ],
    [
      'an issuer without TLS',
      provider({ issuer: 'http://issuer.example' }),
      'oidc.providers.example.issuer: must be',
    ],
    [
      'a host that only begins like loopback',
      provider({ issuer: 'http://localhost.evil.example' }),
      'issuer: must be',
    ],
    [
      'an issuer with a query',
      provider({ issuer: 'https://issuer.example?a=b' }),
      'issuer: must be',
    ],
    [
      'an issuer with a name and password',
      provider({ issuer: 'https://a:b@issuer.example' }),
      'issuer: must be',
    ],
    ['an issuer that is not a URL', provider({ issuer: 'issuer.example' }), 'issuer: must be'],
    ['an empty secret', provider({ clientSecret: '' }), 'clientSecret: must be'],
    [
      'a secret with a line break',
      provider({ clientSecret: 'a\n' }),
      'begins or ends with a blank',
    ],
    [
      'scopes without openid',
      provider({ scope: 'email' }),
      'oidc.providers.example.scope: must be',
    ],
    [
      'a public URL without TLS',
      options({ publicUrl: 'http://app.example.com/auth' }),
      'oidc.publicUrl: must be',
    ],
    [
      'a public URL with a fragment',
      options({ publicUrl: 'https://app.example.com/#a' }),
      'oidc.publicUrl: must be',
    ],
    ['a timeout of a day', options({ timeout: '1d' }), 'oidc.timeout: must be from 100ms to 60s'],
  ])('stops the boot for %s', (_, given, message) => {
    expect(() => oidc(given)).toThrow(message);
  });

  it.each([
    'http://localhost:4000',
    'http://127.0.0.1:4000',
    'http://[::1]:4000',
    'http://idp.localhost',
  ])('accepts an issuer on loopback without TLS: %s', (issuer) => {
    expect(oidc(provider({ issuer })).issuers.get('example')).toBe(issuer);
  });
});

function rsaPem(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
