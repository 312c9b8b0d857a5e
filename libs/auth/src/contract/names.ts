/** Names other parties rely on (contract, sections 1, 2 and 3). */
export const DEFAULT_ACCESS_COOKIE = 'access_token';
export const DEFAULT_REFRESH_COOKIE = 'refresh_token';
export const DEFAULT_DEVICE_COOKIE = 'device';
export const OIDC_COOKIE = 'oidc_state';
export const DEFAULT_ROUTE_PREFIX = 'auth';
export const JWKS_PATH = '.well-known/jwks.json';
/** OpenID Connect Discovery 1.0, section 4, and RFC 8414, section 3. */
export const DISCOVERY_PATHS = [
  '.well-known/openid-configuration',
  '.well-known/oauth-authorization-server',
] as const;
/** RFC 9728, section 3. */
export const RESOURCE_METADATA_PATH = '.well-known/oauth-protected-resource';
/** RFC 9068, section 2.1. */
export const ACCESS_TOKEN_TYPE = 'at+jwt';
