/** `@tokenward/nestjs/oidc`: sign-in at other providers, by OpenID Connect. Needs `openid-client`. */
export { oidc } from './oidc.js';
export { apple, type AppleOptions } from './apple.js';
export { github, type GitHubOptions } from './github.js';
export { google, microsoft } from './presets.js';
export type { GoogleOptions, MicrosoftOptions } from './presets.js';
export type { OAuthEndpoints, OAuthPerson, OidcOptions, OidcProvider } from './oidc-schema.js';
export type {
  OidcAnswer,
  OidcLogout,
  OidcLogoutAnswer,
  OidcMethod,
  OidcPerson,
  OidcRequest,
} from '../options/oidc-options.js';
