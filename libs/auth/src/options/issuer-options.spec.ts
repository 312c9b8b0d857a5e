import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { TrustedIssuerOptions } from './issuer-options.js';
import { resolveOptions } from './resolve-options.js';
import type { TenantOptions } from './tenant-options.js';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ISSUER = 'https://host.example';
const THEIRS: TrustedIssuerOptions = {
  issuer: 'https://sso.example.com',
  audience: 'api',
  jwks: { url: 'https://sso.example.com/jwks' },
  principal: ({ sub }) => ({ id: String(sub) }),
};
const OLD = {
  name: 'old',
  key: 'x'.repeat(40),
  algorithm: 'HS256',
  issuer: 'https://old.example',
  acceptUntil: '2100-01-01',
};
const TENANTS: TenantOptions = { issuers: { acme: 'https://acme.example' }, of: () => 'acme' };

const refusal = (changes: object): string => {
  try {
    const options = {
      issuer: ISSUER,
      audience: 'host',
      keys: { algorithm: 'ES256', privateKey },
      ...changes,
    };
    return `accepted: ${resolveOptions(options as never, {}).issuer}`;
  } catch (error) {
    return (error as Error).message.replace('configuration_invalid: ', '');
  }
};

describe('trustedIssuers', () => {
  it.each<[string, Partial<TrustedIssuerOptions>[], RegExp]>([
    [
      'an entry of our own issuer',
      [{ issuer: ISSUER }],
      /^trustedIssuers\[0\]\.issuer: is the own issuer/,
    ],
    ['two of one issuer', [{}, {}], /^trustedIssuers: two entries have the same issuer/],
    ['HMAC', [{ algorithms: ['HS256'] }], /^trustedIssuers\[0\]\.algorithms: is a shared secret/],
    [
      'plain HTTP',
      [{ jwks: { url: 'http://sso.example.com/jwks' } }],
      /^trustedIssuers\[0\]\.jwks\.url: must be an https URL/,
    ],
    ['no audience', [{ audience: [] }], /^trustedIssuers\[0\]\.audience/],
    [
      'a life of a week',
      [{ maxLifetime: '7d' }],
      /^trustedIssuers\[0\]\.maxLifetime: must be from 1s to 1d/,
    ],
  ])('with %s stop the boot, which names the option', (_, entries, message) => {
    expect(refusal({ trustedIssuers: entries.map((each) => ({ ...THEIRS, ...each })) })).toMatch(
      message,
    );
  });
});

describe('tenants', () => {
  it('are accepted as given, each with its own issuer', () => {
    expect(refusal({ tenants: TENANTS, trustedIssuers: [THEIRS] })).toBe(`accepted: ${ISSUER}`);
  });

  it.each<[string, object, RegExp]>([
    ['nobody', { issuers: {} }, /^tenants\.issuers: is empty: name at least one tenant/],
    ['a list', { issuers: ['acme'] }, /^tenants\.issuers: must be an object of tenants/],
    ['no function', { of: 'acme' }, /^tenants\.of: must be a function/],
    [
      'a blank issuer',
      { issuers: { acme: ' ' } },
      /^tenants\.issuers\.acme: must be a tenant's iss/,
    ],
    [
      'one issuer for two',
      { issuers: { acme: 'https://a.example', globex: 'https://a.example' } },
      /^tenants\.issuers: two tenants have the same issuer/,
    ],
    [
      'the issuer of all',
      { issuers: { acme: ISSUER } },
      /^tenants\.issuers\.acme: is also in issuer:/,
    ],
    [
      'the issuer of others',
      { issuers: { acme: THEIRS.issuer } },
      /^tenants\.issuers\.acme: is also in trustedIssuers:/,
    ],
    [
      'the issuer of old tokens',
      { issuers: { acme: OLD.issuer } },
      /^tenants\.issuers\.acme: is also in accessToken\.legacy:/,
    ],
  ])('with %s stop the boot, which names the option', (_, changes, message) => {
    const accessToken = { legacy: [OLD] };
    expect(
      refusal({ tenants: { ...TENANTS, ...changes }, trustedIssuers: [THEIRS], accessToken }),
    ).toMatch(message);
  });
});
