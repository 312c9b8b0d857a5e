/** `@tokenward/nestjs/options`: every group of options by name, and the types of its members. */
export type {
  AccessTokenOptions,
  AuthModuleExtras,
  AuthOptions,
  ClaimsHook,
  ClaimsHookInput,
  OriginOptions,
  RefreshTokenOptions,
  ReuseScope,
  RevocationOptions,
  RouteOptions,
  SessionOptions,
  ThrottleLimits,
  TokenDeliveryOptions,
} from './auth-options.js';
export type { PasswordOptions } from './password-options.js';
export type { AccountMail, AccountMailKind } from './account-mail.js';
export type { AccountOptions } from './account-options.js';
export type { CookieOptions, CookiePrefix, CookieScope, SameSite } from './cookie-options.js';
export type { DpopOptions } from './dpop-options.js';
export type {
  EncryptionAlgorithm,
  EncryptionKeyOptions,
  EncryptionOptions,
} from './encryption-options.js';
export type {
  IdentifierOptions,
  RegistrationOptions,
  TenantRequest,
} from './identifier-options.js';
export type {
  ForeignIssuerOf,
  ForeignJwksOptions,
  ForeignPrincipal,
  TrustedIssuerOptions,
} from './issuer-options.js';
export type { LegacyIssuerOptions, LegacyPrincipal } from './legacy-options.js';
export type { ActingRoles } from './acting-options.js';
export type {
  OpeningSession,
  SessionClaimsHook,
  SessionLimits,
  SessionLimitsHook,
} from './session-hooks.js';
export { SIGNING_ALGORITHMS } from './key-options.js';
export type {
  KeyMaterial,
  KeyRotationOptions,
  RemoteSign,
  RemoteSignRequest,
  SigningAlgorithm,
  StaticKeysOptions,
} from './key-options.js';
export type {
  FactorMethod,
  FactorOptions,
  KnownCredential,
  PasskeyAssertion,
  PasskeyMethod,
  PasskeyUser,
  RegisteredCredential,
  RelyingParty,
  TotpMethod,
} from './factor-options.js';
export type { OidcAnswer, OidcMethod, OidcPerson, OidcRequest } from './oidc-options.js';
export type { ObserveOptions } from './observe-options.js';
export type { JwksFetch, RemoteJwksOptions } from './remote-jwks-options.js';
export type { ResourceServerOptions } from './resource-server-options.js';
export type { TenantOf, TenantOptions } from './tenant-options.js';
export type { TokenDelivery } from '../contract/index.js';

// durations, and the clock and randomness that a test replaces
export type { Duration } from '../common/duration.js';
export { parseDuration } from '../common/duration.js';
export { Clock, SystemClock } from '../common/clock.js';
export { Entropy, SystemEntropy } from '../common/entropy.js';
