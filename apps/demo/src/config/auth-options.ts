import type { AuthOptions } from '@tokenward/nestjs';
import type { AccountOptions } from '@tokenward/nestjs/options';
import { Keyring } from '@tokenward/nestjs/verify';
import { signingKeyIn } from '../keys/signing-key-file.js';
import type { DemoConfig } from './demo-config.js';

/**
 * The options of the module. Creates the signing key on the first start if there is none.
 * @throws AuthError `configuration_invalid` when a key is refused
 */
export async function toAuthOptions(config: DemoConfig): Promise<AuthOptions> {
  const { issuer, audiences } = config.jwt;
  const { refreshEvery, rotateAfter, jwksCache } = config.keySource ?? {};
  const keys = await keysOf(config);
  return {
    issuer,
    audience: audiences,
    keys,
    keyRotation: { refreshEvery, rotateAfter },
    jwks: { cacheFor: jwksCache },
    accessToken: { ttl: config.accessTokenTtl },
    refreshToken: {
      ttl: config.refreshTokenTtl,
      rememberMeTtl: config.rememberMeTtl,
      reuseLeeway: config.reuseLeeway,
      retryWindow: config.retryWindow,
      onReuse: config.onReuse,
      secrets: config.refreshTokenSecrets,
    },
    ...(config.apiKeys === 'on' && { apiKeys: {} }),
    deviceBound: config.deviceBound.mode,
    boundAccessTtl: config.deviceBound.accessTtl,
    dpop: config.dpop,
    cookies: config.cookies,
    origins: { trustedOrigins: config.trustedOrigins, trustProxy: config.trustProxy !== false },
    throttle: config.throttle,
    revocation: { mode: config.revocationMode, unproven: config.revocationUnproven },
  };
}

/** The URL of the page, at the address that the demo listens on. The token is in the fragment. */
export function toAccountOptions(config: DemoConfig): Omit<AccountOptions, 'mail'> {
  const address = pageAddress(config);
  const url = address !== undefined && `${address}/#{kind}={token}`;
  return { verifiedEmail: config.verifiedEmail, ...(url && { url }) };
}

/** Without a path. Undefined if other machines can reach it too, or if the port is not known yet. */
export function pageAddress({ host, port, tls }: DemoConfig): string | undefined {
  const isAny = host === '0.0.0.0' || host === '::';
  const name = isAny ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  const isLoopback = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(name);
  return port !== 0 && isLoopback ? `${tls ? 'https' : 'http'}://${name}:${port}` : undefined;
}

async function keysOf({ jwt, keySource, dataDir }: DemoConfig): Promise<AuthOptions['keys']> {
  const { algorithm, privateKey, publicKey, secret, keyId, verificationKeys } = jwt;
  if (keySource?.directory !== undefined || keySource?.encryptionKeys)
    return { algorithm, verificationKeys };
  const isConfigured = privateKey !== undefined || secret !== undefined;
  const key = isConfigured
    ? { privateKey, publicKey, secret }
    : await signingKeyIn(dataDir, algorithm);
  const keys = { algorithm, ...key, keyId, verificationKeys };
  // checked here to refuse it in one line; inside Nest it would be logged with its stack first
  Keyring.fromOptions(keys);
  return keys;
}
