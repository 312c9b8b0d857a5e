import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readConfig, type DemoConfig } from './demo-config.js';
import type { Environment } from './environment.js';
import { StartError } from '../../../../tools/embedded-postgres/start-error.js';

const SECRET_32 = Buffer.alloc(32, 7).toString('base64url');
const PEM = '-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----';

/** Variable, a value that makes no sense, others that are set with it. */
const REFUSED: readonly (readonly [name: string, value: string, others?: Environment])[] = [
  ['PORT', 'http'],
  ['PORT', '65536'],
  ['PORT', '-1'],
  ['PORT', '80.5'],
  ['HOST', 'http://localhost'],
  ['HOST', 'two words'],
  ['HOST_PREFIX', 'api/:tenant'],
  ['API_KEYS', 'yes'],
  ['TLS_CERT', '/no/such/file', { TLS_KEY: import.meta.filename }],
  ['TLS_KEY', '', { TLS_CERT: import.meta.filename }],
  ['TLS_CERT', '', { TLS_KEY: import.meta.filename }],
  ['TLS_CERT', import.meta.filename, { TLS_KEY: import.meta.filename }],
  ['DEVICE_BOUND', 'on'],
  ['DEVICE_BOUND', 'require', { COOKIE_SECURE: 'false' }],
  ['BOUND_ACCESS_TTL', '61m'],
  ['DPOP', 'on'],
  ['DPOP_BIND', 'session'],
  ['HTTP_ADAPTER', 'koa'],
  ['DATABASE_URL', 'mysql://user:hunter2@db/x'],
  ['DATABASE_URL', 'localhost'],
  ['REDIS_URL', 'http://localhost'],
  ['JWT_ALGORITHM', 'none'],
  ['JWT_ALGORITHM', 'rs256'],
  ['JWT_PRIVATE_KEY', PEM, { JWT_ALGORITHM: 'HS256' }],
  ['JWT_PUBLIC_KEY', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'],
  ['JWT_SECRET', 'hunter2-hunter2-hunter2-hunter2-hunter2'],
  ['JWT_VERIFICATION_KEYS', '{"kty":"RSA"}'],
  ['JWT_VERIFICATION_KEYS', 'not json'],
  ['JWT_VERIFICATION_KEYS', '{"keys":{}}'],
  ['KEY_DIRECTORY', 'keys', { KEY_ENCRYPTION_KEYS: `e1:${SECRET_32}` }],
  ['KEY_ENCRYPTION_KEYS', SECRET_32],
  ['JWT_PRIVATE_KEY', PEM, { KEY_DIRECTORY: 'keys' }],
  ['JWKS_CACHE', '2d'],
  ['KEY_REFRESH', 'often'],
  ['KEY_ROTATE_AFTER', '0'],
  ['JWT_AUDIENCE', 'a,,b'],
  ['JWT_AUDIENCE', 'x'.repeat(1025)],
  ['JWT_ISSUER', 'x'.repeat(1025)],
  ['REFRESH_TOKEN_SECRET', SECRET_32],
  ['REFRESH_TOKEN_SECRET', `a:${SECRET_32.slice(0, 41)}`],
  ['REFRESH_TOKEN_SECRET', `a:${SECRET_32},a:${SECRET_32}`],
  ['REFRESH_TOKEN_SECRET', `a:${SECRET_32}=`],
  ['REFRESH_TOKEN_SECRET', `a:${SECRET_32},`],
  ['ACCESS_TOKEN_TTL', '61m'],
  ['ACCESS_TOKEN_TTL', '0'],
  ['ACCESS_TOKEN_TTL', 'soon'],
  ['ACCESS_TOKEN_TTL', '-5m'],
  ['ACCESS_TOKEN_TTL', '1.5m'],
  ['REFRESH_TOKEN_TTL', '30 days'],
  ['REFRESH_TOKEN_TTL', '1s'],
  ['REMEMBER_ME_TTL', '400d'],
  ['REUSE_LEEWAY', '61s'],
  ['REUSE_LEEWAY', '2m'],
  ['ON_REUSE', 'nothing'],
  ['REVOCATION_MODE', 'lax'],
  ['REVOCATION_UNPROVEN', 'accept'],
  ['COOKIE_DOMAIN', 'https://example.com'],
  ['COOKIE_DOMAIN', 'example.com', { COOKIE_PREFIX: '__Host-' }],
  ['COOKIE_FORMER_DOMAINS', 'https://example.com'],
  ['COOKIE_FORMER_DOMAINS', 'example.com,,host-only'],
  ['COOKIE_SECURE', 'maybe'],
  ['COOKIE_SAME_SITE', 'sometimes'],
  ['COOKIE_SAME_SITE', 'none', { COOKIE_SECURE: 'false' }],
  ['COOKIE_PREFIX', '__host-'],
  ['COOKIE_PREFIX', '__Secure-', { COOKIE_SECURE: 'false' }],
  ['TRUSTED_ORIGINS', '*'],
  ['TRUSTED_ORIGINS', 'https://*.example.com'],
  ['TRUSTED_ORIGINS', 'https://app.example.com/'],
  ['TRUSTED_ORIGINS', 'https://app.example.com/path'],
  ['TRUSTED_ORIGINS', 'https://user@app.example.com'],
  ['TRUSTED_ORIGINS', 'app.example.com'],
  ['TRUSTED_ORIGINS', 'null'],
  ['TRUSTED_ORIGINS', 'https://a.example,,https://b.example'],
  ['TRUST_PROXY', 'yes'],
  ['TRUST_PROXY', '10.0.0.0/33'],
  ['TRUST_PROXY', '10.0.0.300'],
  ['TRUST_PROXY', '101'],
  ['LOGIN_THROTTLE', '10/100/100'],
  ['LOGIN_THROTTLE', '10/100/100/15m/1'],
  ['LOGIN_THROTTLE', '0/100/100/15m'],
  ['LOGIN_THROTTLE', '10/100/100/0'],
  ['LOGIN_THROTTLE', 'none'],
  ['VERIFIED_EMAIL', 'yes'],
  ['SECOND_FACTORS', 'yes'],
  ['FACTOR_ENCRYPTION_KEYS', SECRET_32],
  ['OIDC_PROVIDERS', 'hunter2'],
  ['OIDC_PROVIDERS', '{"name":"a"}'],
  ['OIDC_PROVIDERS', '[{"name":"a","issuer":"https://a.example"}]'],
  [
    'OIDC_PROVIDERS',
    '[{"name":"a","issuer":"https://a.example","clientId":"c","secret":"hunter2"}]',
  ],
  ['DEMO_USERS', 'a@example.com:hunter2'],
  ['DEMO_USERS', 'hunter2:hunter2:admin'],
  ['DEMO_USERS', 'a@example.com::admin'],
  ['DEMO_USERS', 'a@example.com:hunter2:admin,A@example.com:hunter2:user'],
  ['METRICS_PUBLIC', '2'],
];

describe('a value that makes no sense', () => {
  // T-k85x
  it.each(REFUSED)('%s=%s', (name, value, others = {}) => {
    const error = failure({ ...others, [name]: value });
    expect(error).toBeInstanceOf(StartError);
    expect(error.message.startsWith(`${name} `)).toBe(true);
    expect(error.message).not.toContain('\n');
    expect(error.message).not.toMatch(/hunter2|BwcH/);
  });
});

describe('the defaults', () => {
  const defaults = readConfig({});

  // T-qznf
  it('are those of the contract', () => {
    expect(defaults).toEqual({
      port: 3000,
      host: '127.0.0.1',
      dataDir: resolve('.data'),
      adapter: 'express',
      jwt: { algorithm: 'RS256', issuer: 'tokenward-demo', audiences: ['tokenward-demo'] },
      accessTokenTtl: '15m',
      refreshTokenTtl: '30d',
      rememberMeTtl: '90d',
      reuseLeeway: '0s',
      retryWindow: '15m',
      deviceBound: { mode: 'off', accessTtl: '5m' },
      apiKeys: 'on',
      dpop: { mode: 'off', bind: 'request' },
      onReuse: 'user',
      revocationMode: 'mirror',
      revocationUnproven: 'redis',
      cookies: { secure: true, sameSite: 'lax', prefix: '' },
      trustedOrigins: [],
      trustProxy: false,
      throttle: { accountAndAddress: 10, account: 100, address: 100, window: '15m' },
      verifiedEmail: 'off',
      factors: { secondFactors: 'on', encryptionKeys: undefined, providers: undefined },
      metricsPublic: false,
    });
  });

  it('stand for empty texts and blanks, and for names nobody knows', () => {
    const names = [
      ...new Set(REFUSED.map(([name]) => name)),
      'DATA_DIR',
      'JWT_KEY_ID',
      'JWT_ISSUER',
    ];
    expect(readConfig(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(defaults);
    expect(readConfig(Object.fromEntries(names.map((name) => [name, '  '])))).toEqual(defaults);
    expect(readConfig({ ACCESS_TOKEN_TLL: '1h' })).toEqual(defaults);
  });
});

/** Variables, and what the configuration holds then. */
const ACCEPTED: readonly (readonly [environment: Environment, expected: Partial<DemoConfig>])[] = [
  [{ PORT: '0' }, { port: 0 }],
  [{ HOST: '::1' }, { host: '::1' }],
  [{ DATA_DIR: '/var/lib/x' }, { dataDir: '/var/lib/x' }],
  [{ DATABASE_URL: 'postgresql://u:p@h/d' }, { databaseUrl: 'postgresql://u:p@h/d' }],
  [{ REDIS_URL: 'rediss://h:1/2' }, { redisUrl: 'rediss://h:1/2' }],
  [{ ACCESS_TOKEN_TTL: '900' }, { accessTokenTtl: '900' }],
  [{ ACCESS_TOKEN_TTL: '1h' }, { accessTokenTtl: '1h' }],
  [{ REUSE_LEEWAY: '10s' }, { reuseLeeway: '10s' }],
  [{ RETRY_WINDOW: '0' }, { retryWindow: '0' }],
  [
    { REFRESH_TOKEN_SECRET: `b:${SECRET_32}, a:${SECRET_32}` },
    { refreshTokenSecrets: [`b:${SECRET_32}`, `a:${SECRET_32}`] },
  ],
  [
    { TRUSTED_ORIGINS: 'https://App.example.com, http://localhost:5173' },
    { trustedOrigins: ['https://app.example.com', 'http://localhost:5173'] },
  ],
  [{ TRUST_PROXY: 'true' }, { trustProxy: true }],
  [{ TRUST_PROXY: '0' }, { trustProxy: false }],
  [{ TRUST_PROXY: '2' }, { trustProxy: 2 }],
  [
    { TRUST_PROXY: 'loopback, 10.0.0.0/8,2001:db8::/32' },
    { trustProxy: ['loopback', '10.0.0.0/8', '2001:db8::/32'] },
  ],
  [{ LOGIN_THROTTLE: 'off' }, { throttle: false }],
  [
    { LOGIN_THROTTLE: '3/20/30/60s' },
    { throttle: { accountAndAddress: 3, account: 20, address: 30, window: '60s' } },
  ],
  [
    { COOKIE_PREFIX: '__Host-' },
    {
      cookies: {
        domain: undefined,
        secure: true,
        sameSite: 'lax',
        prefix: '__Host-',
        formerScopes: undefined,
      },
    },
  ],
  [
    {
      COOKIE_DOMAIN: 'example.com',
      COOKIE_SECURE: 'FALSE',
      COOKIE_FORMER_DOMAINS: 'host-only, a.example.com',
    },
    {
      cookies: {
        domain: 'example.com',
        secure: false,
        sameSite: 'lax' as const,
        prefix: '' as const,
        formerScopes: [{}, { domain: 'a.example.com' }],
      },
    },
  ],
  [
    { DEMO_USERS: 'a@example.com:pass:with:colons:admin, b@example.com:two words:user' },
    {
      users: [
        { email: 'a@example.com', password: 'pass:with:colons', role: 'admin' },
        { email: 'b@example.com', password: 'two words', role: 'user' },
      ],
    },
  ],
  [
    {
      OIDC_PROVIDERS:
        '[{"name":"a","issuer":"https://a.example","clientId":"c","clientSecret":"s"}]',
    },
    {
      factors: {
        secondFactors: 'on',
        encryptionKeys: undefined,
        providers: { a: { issuer: 'https://a.example', clientId: 'c', clientSecret: 's' } },
      },
    },
  ],
  [{ METRICS_PUBLIC: 'true' }, { metricsPublic: true }],
];

describe('a value that makes sense', () => {
  it.each(ACCEPTED)('%j', (environment, expected) => {
    expect(readConfig(environment)).toMatchObject(expected);
  });

  // T-hpfm
  it('reads keys: PEM as it is, a secret as its bytes, several audiences', () => {
    const rsa = readConfig({
      JWT_PRIVATE_KEY: PEM,
      JWT_KEY_ID: 'k1',
      JWT_AUDIENCE: 'a, b',
      JWT_VERIFICATION_KEYS: '{"keys":[{"kid":"k0"}]}',
    }).jwt;
    expect(rsa.privateKey).toBe(PEM);
    expect(rsa).toMatchObject({
      keyId: 'k1',
      audiences: ['a', 'b'],
      verificationKeys: { keys: [{ kid: 'k0' }] },
    });
    const hmac = readConfig({
      JWT_ALGORITHM: 'HS256',
      JWT_SECRET: 'a secret text, 32 bytes or more!',
    }).jwt;
    expect(hmac.secret).toEqual(Buffer.from('a secret text, 32 bytes or more!'));
  });
});

function failure(environment: Environment): Error {
  try {
    readConfig(environment);
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was accepted');
}
