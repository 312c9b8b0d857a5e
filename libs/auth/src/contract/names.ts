/** Names other parties rely on (contract, sections 1, 2 and 3). */
export const DEFAULT_ACCESS_COOKIE = 'access_token';
export const DEFAULT_REFRESH_COOKIE = 'refresh_token';
export const DEFAULT_DEVICE_COOKIE = 'device';
export const DEFAULT_ROUTE_PREFIX = 'auth';
export const JWKS_PATH = '.well-known/jwks.json';
/** RFC 9068, section 2.1. */
export const ACCESS_TOKEN_TYPE = 'at+jwt';
