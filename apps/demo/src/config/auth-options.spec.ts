import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { scratchDir } from '../../../../test/support/run-environment.js';
import { toAuthOptions } from './auth-options.js';
import { readConfig } from './demo-config.js';
import type { Environment } from './environment.js';
import { startFailureLine } from './start-failure.js';

const NEST_DOCUMENTATION =
  'DO NOT USE THIS VALUE. INSTEAD, CREATE A COMPLEX SECRET AND KEEP IT SAFE OUTSIDE OF THE SOURCE CODE.';
const pem = (modulusLength: number) =>
  generateKeyPairSync('rsa', { modulusLength }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string;

describe('the options of the module', () => {
  it('carry what the variables say', async () => {
    const environment = {
      REUSE_LEEWAY: '10s',
      ON_REUSE: 'family',
      TRUST_PROXY: '1',
      LOGIN_THROTTLE: 'off',
      JWT_AUDIENCE: 'a,b',
      REVOCATION_MODE: 'strict',
    };
    const options = await optionsOf({ ...environment, DATA_DIR: scratchDir('options') });
    expect(options).toMatchObject({
      issuer: 'tokenward-demo',
      audience: ['a', 'b'],
      keys: { algorithm: 'RS256' },
      accessToken: { ttl: '15m' },
      refreshToken: { ttl: '30d', rememberMeTtl: '90d', reuseLeeway: '10s', onReuse: 'family' },
      cookies: { secure: true, sameSite: 'lax', prefix: '' },
      origins: { trustedOrigins: [], trustProxy: true },
      throttle: false,
      revocation: { mode: 'strict', unproven: 'redis' },
    });
  });

  // T-x5h2
  it('make no key where one is configured', async () => {
    const DATA_DIR = scratchDir('options');
    const { keys } = await optionsOf({
      DATA_DIR,
      JWT_PRIVATE_KEY: pem(2048).replaceAll('\n', '\\n'),
    });
    expect(keys.privateKey).toMatch(/^-----BEGIN PRIVATE KEY-----\\n/);
    expect(existsSync(join(DATA_DIR, 'keys'))).toBe(false);
  });

  it.each<readonly [name: string, environment: Environment]>([
    ['JWT_PRIVATE_KEY', { JWT_PRIVATE_KEY: 'hunter2' }],
    ['JWT_PRIVATE_KEY', { JWT_PRIVATE_KEY: pem(1024) }],
    ['JWT_PRIVATE_KEY', { JWT_PRIVATE_KEY: pem(2048), JWT_ALGORITHM: 'ES256' }],
    ['JWT_PUBLIC_KEY', { JWT_PRIVATE_KEY: pem(2048), JWT_PUBLIC_KEY: pem(2048) }],
    ['JWT_SECRET', { JWT_SECRET: 'x'.repeat(31), JWT_ALGORITHM: 'HS256' }],
    ['JWT_SECRET', { JWT_SECRET: 'k7'.repeat(23), JWT_ALGORITHM: 'HS384' }],
    ['JWT_SECRET', { JWT_SECRET: NEST_DOCUMENTATION, JWT_ALGORITHM: 'HS256' }],
    ['JWT_VERIFICATION_KEYS', { JWT_VERIFICATION_KEYS: '{"keys":[{"kty":"RSA"}]}' }],
    [
      'JWT_VERIFICATION_KEYS',
      { JWT_VERIFICATION_KEYS: '{"keys":[{"kty":"oct","kid":"x","alg":"HS256","k":"AAAA"}]}' },
    ],
  ])('refuse a bad key in one line that names %s', async (name, environment) => {
    const line = await optionsOf({ ...environment, DATA_DIR: scratchDir('options') }).catch(
      (error: unknown) => startFailureLine(error),
    );
    expect(line).toMatch(new RegExp(`^${name}\\b[^\\n]*$`));
  });
});

function optionsOf(environment: Environment) {
  return toAuthOptions(readConfig(environment));
}
