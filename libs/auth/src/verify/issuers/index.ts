/**
 * `@tokenward/nestjs/issuers`: routes that accept access tokens of other issuers, and ready entries for the well-known
 * ones.
 */
export { TrustIssuers } from './trust-issuers.decorator.js';
export { auth0, cognito, entra, keycloak, okta } from './presets.js';
export type {
  Auth0Options,
  CognitoOptions,
  EntraOptions,
  KeycloakOptions,
  OktaOptions,
} from './presets.js';
export type {
  ForeignIssuerOf,
  ForeignJwksOptions,
  ForeignPrincipal,
  TrustedIssuerOptions,
} from '../../options/issuer-options.js';
