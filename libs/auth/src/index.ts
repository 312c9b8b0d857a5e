export { AuthModule } from './auth.module.js';
export { authOptionsToken } from './auth.module-definition.js';
export { authToken } from './common/instance-token.js';
export type {
  AuthModuleOptions,
  AuthOptionsFactory,
  AuthRedis,
  AuthStorage,
} from './auth.module-definition.js';
export type {
  ResourceServerModuleOptions,
  ResourceServerOptionsFactory,
} from './resource-server.module-definition.js';
export type { JwksFetch, RemoteJwksOptions, ResourceServerOptions } from './options/resource-server-options.js';
export { RemoteKeys } from './keys/remote-keys.service.js';
export { AuthService } from './flows/auth.service.js';

// guards and decorators
export { AuthErrorFilter } from './http/auth-error.filter.js';
export { AuthInstance } from './http/auth-instance.decorator.js';
export { JwtAuthGuard } from './http/jwt-auth.guard.js';
export { JwtStrategy } from './http/jwt.strategy.js';
export { PermissionsGuard } from './http/permissions.guard.js';
export { RecentAuthGuard } from './http/recent-auth.guard.js';
export { RolesGuard } from './http/roles.guard.js';
export { TokenVersionGuard } from './http/token-version.guard.js';
export { CurrentUser, Permissions, Public, RecentAuth, Roles, Strict } from './http/decorators.js';
export { AuthCookies } from './http/cookies.service.js';
export { PresentedTokens } from './http/presented-tokens.service.js';

// sockets and other long-lived connections
export { LiveConnections } from './ws/live-connections.service.js';
export type { LiveConnection } from './ws/live-connections.service.js';
export { LiveSockets } from './ws/live-sockets.service.js';
export type { CloseSocket, Handshake, SocketStanding } from './ws/live-sockets.service.js';
export { TOKEN_REFUSED, VIEW_UNPROVEN } from './ws/ending.js';
export type { Ending } from './ws/ending.js';

// options
export type {
  AccessTokenOptions,
  AuthModuleExtras,
  AuthOptions,
  ClaimsHook,
  ClaimsHookInput,
  OriginOptions,
  PasswordOptions,
  RefreshTokenOptions,
  ReuseScope,
  RevocationOptions,
  RouteOptions,
  SessionOptions,
  ThrottleLimits,
  TransportOptions,
} from './options/auth-options.js';
export type { CookieOptions, CookiePrefix, SameSite } from './options/cookie-options.js';
export type {
  EncryptionAlgorithm,
  EncryptionKeyOptions,
  EncryptionOptions,
} from './options/encryption-options.js';
export type { LegacyIssuerOptions, LegacyPrincipal } from './options/legacy-options.js';
export { SIGNING_ALGORITHMS } from './options/key-options.js';
export type {
  KeyMaterial,
  KeyRotationOptions,
  RemoteSign,
  RemoteSignRequest,
  SigningAlgorithm,
  StaticKeysOptions,
} from './options/key-options.js';
export { ResolvedAuthOptions } from './options/resolved-options.js';

// what flows return, for hosts that drive them
export { AuthenticateFlow } from './flows/authenticate.flow.js';
export type { AuthenticateOptions } from './flows/authenticate.flow.js';
export type { LoginResult, PresentedToken, TokenGrant } from './flows/grant.js';
export type { OpenSessionOptions } from './flows/open-session.flow.js';
export type { PendingChange, UserChange } from './flows/user-changes.flow.js';

// ports, for hosts that bring their own
export { SessionStore } from './sessions/session.store.js';
export type {
  Alongside,
  Authority,
  Ended,
  EndOneOptions,
  OpenOutcome,
  Removal,
  Replacement,
  ReplaceOutcome,
  ReuseOutcome,
  RotateOutcome,
  Rotation,
} from './sessions/session.store.js';
export { PepperStore } from './sessions/pepper.store.js';
export { RevocationLedgerStore } from './revocation/revocation-ledger.store.js';
export type { LedgerPosition, LedgerRead } from './revocation/revocation-ledger.store.js';
export type { LedgerEntry, RevocableToken } from './common/ledger-entry.js';
export { UserDirectory } from './users/user-directory.store.js';
export type {
  CreateUserOutcome,
  LoginCandidate,
  NewUser,
  UserAccount,
} from './users/user-directory.store.js';
export { SecondFactor } from './users/second-factor.store.js';
export { PasswordHasher } from './users/password-hasher.service.js';
export { ThrottleStore } from './users/throttle.store.js';
export type { ThrottleAttempt, ThrottleBucket, ThrottleDecision } from './users/throttle.store.js';

// revocation, as far as hosts look at it
export { RevocationChecker } from './revocation/revocation-checker.service.js';
export type { CheckCounters, Verdict } from './revocation/revocation-checker.service.js';
export { RevocationView } from './revocation/revocation-view.service.js';
export { Keyring } from './keys/keyring.service.js';
export { KeyRotation } from './keys/key-rotation.service.js';
export type { KeyChange, KeyStatus } from './keys/key-rotation.service.js';
export type { KeyPhase } from './keys/key-phases.js';
export { KeySource } from './keys/key-source.store.js';
export type { RotationRequest, SourceJwk, SourceKeys } from './keys/key-source.store.js';
export { keyDirectory, keyFile } from './keys/file-keys.js';
export { keysFrom } from './keys/function-keys.js';
export { AccessTokenVerifier } from './tokens/access-token-verifier.service.js';

// what happened, and how it goes
export { AuditLog } from './events/audit-log.service.js';
export type { AuditPage } from './events/audit-log.service.js';
export type { AuditRecord, NewAuditRecord } from './events/audit-record.js';
export { AuditStore } from './events/audit.store.js';
export type { AuditQuery, Familiarity, Sighting } from './events/audit.store.js';
export { AuthHealth } from './health/auth-health.service.js';
export type { HealthResult } from './health/auth-health.service.js';
export { AuthMetrics } from './metrics/auth-metrics.service.js';
export type { Measurement } from './metrics/auth-metrics.service.js';
export { METRICS, prometheusName } from './metrics/definitions.js';
export type { MetricDefinition } from './metrics/definitions.js';
export type { AuthMeter } from './metrics/meter.js';
export type { ObserveOptions } from './options/observe-options.js';

// data
export type { ActedBy } from './common/acted-by.js';
export { AuthError } from './common/auth-error.js';
export { Clock, SystemClock } from './common/clock.js';
export { Entropy, SystemEntropy } from './common/entropy.js';
export type { Duration } from './common/duration.js';
export { parseDuration } from './common/duration.js';
export type { EndReason } from './common/end-reason.js';
export type { HostTransaction } from './common/host-transaction.js';
export type { ClientContext, Principal } from './common/principal.js';
export type { SubjectState, UserFacts } from './common/subject.js';
export type {
  NewSession,
  RotationCause,
  Session,
  SessionSnapshot,
  SessionState,
} from './sessions/session.js';
export type { AuthEvent, EventSeverity } from './events/auth-event.js';
export type { AuthAlert } from './events/auth-alert.js';
export type {
  AuthErrorCode,
  ErrorBody,
  LoginAnswer,
  LoginBody,
  MeBody,
  SessionBody,
  TokenBody,
  Transport,
  UserBody,
} from './contract/index.js';
