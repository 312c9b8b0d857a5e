import type { Principal } from '../../common/principal.js';
import type { IssuedTokens } from '../../issue/tokens/issued-tokens.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';

export const SESSION_ID = '3f1d2c4b-5a69-4788-96a5-b4c3d2e1f001';
export const NOW_MS = 1_800_000_000_000;

export function principal(overrides: Partial<Principal> = {}): Principal {
  const now = NOW_MS / 1000;
  return {
    kind: 'user',
    id: 'u1',
    sessionId: SESSION_ID,
    tokenId: 't1',
    keyId: 'k1',
    tokenVersion: 1,
    role: 'user',
    permissions: ['notes:read'],
    authTime: now - 60,
    amr: ['pwd'],
    issuedAt: now,
    expiresAt: now + 900,
    claims: {},
    ...overrides,
  };
}

export function grant(overrides: Partial<IssuedTokens> = {}): IssuedTokens {
  return {
    sessionId: SESSION_ID,
    transport: 'cookie',
    persistence: 'persistent',
    tokenType: 'Bearer',
    accessToken: 'aaa.bbb.ccc',
    userId: 'u1',
    accessExpiresInSeconds: 900,
    refreshToken: 'rrr',
    refreshMaxAgeSeconds: 2_592_000,
    ...overrides,
  };
}

type Deep<T> = { [K in keyof T]?: T[K] extends object ? Partial<T[K]> : T[K] };

/** The options that the HTTP layer reads. */
export function settings(overrides: Deep<ResolvedAuthOptions> = {}): ResolvedAuthOptions {
  return {
    accessToken: { ttlSeconds: 900, clockToleranceSeconds: 30 },
    cookies: {
      accessName: 'access_token',
      refreshName: 'refresh_token',
      deviceName: 'device',
      oidcName: 'oidc_state',
      prefix: '',
      secure: true,
      sameSite: 'lax',
      accessPath: '/',
      refreshPath: '/auth',
      formerScopes: [],
      ...overrides.cookies,
    },
    origins: {
      trusted: new Set(['https://app.example.com']),
      trustProxy: false,
      ...overrides.origins,
    },
    passwords: { maxBytes: 1024 },
    identifier: { name: 'email' },
    refreshToken: { retryWindowMs: 900_000 },
    jwks: { cacheSeconds: 3600 },
    deviceBound: { mode: 'off' },
    discovery: {},
    trustedIssuers: [],
    routes: { prefix: 'auth' },
  } as unknown as ResolvedAuthOptions;
}
