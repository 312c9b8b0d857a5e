/** `@tokenward/nestjs/oidc`: sign-in elsewhere, by OpenID Connect. Needs `openid-client`. */
export { oidc } from './oidc.js';
export type { OidcOptions, OidcProvider } from './oidc-schema.js';
export type { OidcAnswer, OidcMethod, OidcPerson, OidcRequest } from '../options/oidc-options.js';
