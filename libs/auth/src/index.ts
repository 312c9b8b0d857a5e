/**
 * `@tokenward/nestjs`: the module, guards, decorators and the API for host code. Everything else has its own entry
 * point: libs/auth/README.md.
 */
export { AuthModule } from './auth.module.js';
export { authOptionsToken } from './auth.module-definition.js';
export type { AuthModuleOptions, AuthOptionsFactory } from './auth.module-definition.js';
export { authToken } from './common/instance-token.js';
export { AuthError } from './common/auth-error.js';

// guards and decorators
export { AuthErrorFilter } from './verify/http/auth-error.filter.js';
export { AuthInstance } from './verify/guards/auth-instance.decorator.js';
export { JwtAuthGuard } from './verify/guards/jwt-auth.guard.js';
export { PermissionsGuard } from './verify/guards/permissions.guard.js';
export { RecentAuthGuard } from './verify/guards/recent-auth.guard.js';
export { RolesGuard } from './verify/guards/roles.guard.js';
export { OriginGuard } from './verify/http/origin.guard.js';
export { ThrottleGuard } from './issue/routes/throttle.guard.js';
export { TokenVersionGuard } from './issue/sessions/token-version.guard.js';
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
} from './verify/guards/decorators.js';
export type { Principal } from './common/principal.js';

// what a host calls
export { AuthService } from './issue/auth.service.js';
export type { LoginResult, IssuedTokens } from './issue/tokens/issued-tokens.js';
export type { SignInResult } from './issue/flows/complete-sign-in.service.js';
export type { OpenSessionOptions } from './issue/flows/open-session.flow.js';
export type { PendingChange, UserChange } from './issue/flows/user-changes.flow.js';
export type { HostTransaction } from './storage/sql-transaction.port.js';
export { AuthCookies } from './issue/routes/cookies.service.js';
export { PasswordHasher } from './issue/users/password-hasher.service.js';

// what a host brings
export { UserDirectory } from './storage/user-directory.port.js';
export type { LoginCandidate, NewUser, UserAccount } from './storage/user-directory.port.js';
export { SecondFactor } from './issue/users/second-factor.port.js';
export { keyDirectory, keyFile } from './issue/keys/file-keys.js';
export { keysFrom } from './issue/keys/function-keys.js';
export { KeySource } from './storage/key-source.port.js';
export { KeyRotation } from './issue/keys/key-rotation.service.js';
export type { AuthOptions } from './options/auth-options.js';
