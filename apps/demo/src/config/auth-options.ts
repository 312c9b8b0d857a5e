import { Keyring, type AuthOptions } from '@tokenward/nestjs';
import { signingKeyIn } from '../keys/signing-key-file.js';
import type { DemoConfig } from './demo-config.js';

/**
 * The options of the module; makes the signing key on the first start without one.
 * @throws AuthError `configuration_invalid` when a key is refused
 */
export async function toAuthOptions(config: DemoConfig): Promise<AuthOptions> {
  const { algorithm, privateKey, publicKey, secret, keyId, verificationKeys, issuer, audiences } = config.jwt;
  const isConfigured = privateKey !== undefined || secret !== undefined;
  const key = isConfigured
    ? { privateKey, publicKey, secret }
    : await signingKeyIn(config.dataDir, algorithm);
  const keys = { algorithm, ...key, keyId, verificationKeys };
  // refused here, in one line: inside Nest it would be logged with its stack first
  Keyring.fromOptions(keys);
  return {
    issuer,
    audience: audiences,
    keys,
    accessToken: { ttl: config.accessTokenTtl },
    refreshToken: {
      ttl: config.refreshTokenTtl,
      rememberMeTtl: config.rememberMeTtl,
      reuseLeeway: config.reuseLeeway,
      onReuse: config.onReuse,
      secrets: config.refreshTokenSecrets,
    },
    cookies: config.cookies,
    origins: { trustedOrigins: config.trustedOrigins, trustProxy: config.trustProxy !== false },
    throttle: config.throttle,
    revocation: { mode: config.revocationMode, unproven: config.revocationUnproven },
  };
}
