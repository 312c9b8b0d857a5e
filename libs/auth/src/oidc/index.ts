/** `@tokenward/nestjs/oidc`: sign-in elsewhere, by OpenID Connect. Needs `openid-client`. */
export { oidc } from './oidc.js';
export { google, microsoft } from './presets.js';
export type { GoogleOptions, MicrosoftOptions } from './presets.js';
export type { OidcOptions, OidcProvider } from './oidc-schema.js';
export type { OidcAnswer, OidcMethod, OidcPerson, OidcRequest } from '../options/oidc-options.js';
