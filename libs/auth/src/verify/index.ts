/**
 * `@tokenward/nestjs/verify`: all that a service needs that only verifies. Loads no database driver and no password
 * hashing.
 */
export { ResourceServerModule } from './verify.module.js';
export type {
  ResourceServerModuleOptions,
  ResourceServerOptionsFactory,
} from './verify.module-definition.js';
export type { JwksFetch, RemoteJwksOptions } from '../options/remote-jwks-options.js';
export type {
  ResourceServerDpopOptions,
  ResourceServerOptions,
} from '../options/resource-server-options.js';
export { SIGNING_ALGORITHMS } from '../options/key-options.js';
export type { SigningAlgorithm } from '../options/key-options.js';

// guards and decorators
export { JwtAuthGuard } from './guards/jwt-auth.guard.js';
export { PermissionsGuard } from './guards/permissions.guard.js';
export { RecentAuthGuard } from './guards/recent-auth.guard.js';
export { RolesGuard } from './guards/roles.guard.js';
export {
  AnyOf,
  CurrentUser,
  NoActor,
  OptionalAuth,
  Permissions,
  Public,
  RecentAuth,
  RequireBound,
  Roles,
  StrictRevocation,
} from './guards/decorators.js';
export type { RecentAuthHow } from './guards/decorators.js';
export { AuthErrorFilter } from './http/auth-error.filter.js';

// what a request is known by
export type { Actor, ClientContext, Principal } from '../common/principal.js';
export { AuthError } from '../common/auth-error.js';
export type { AuthErrorCode, AuthErrorReason, ErrorBody } from '../contract/index.js';

// what is injected
export { AuthenticateFlow } from './authenticate.js';
export type { AuthenticateOptions } from './authenticate.js';
export type { PresentedToken } from './presented-token.js';
export { PresentedTokens } from './http/presented-tokens.service.js';
export { AccessTokenVerifier } from './tokens/access-token-verifier.service.js';
export { DpopProofs } from './dpop/dpop-proofs.service.js';
export { Keyring } from './keys/keyring.service.js';
export { RemoteKeys } from './keys/remote-keys.service.js';
export { RevocationChecker } from './revocation/revocation-checker.service.js';
export type { CheckCounters, Verdict } from './revocation/revocation-checker.service.js';
export { RevocationSync } from './revocation/revocation-sync.service.js';
export { ResolvedAuthOptions } from '../options/resolved-options.js';
