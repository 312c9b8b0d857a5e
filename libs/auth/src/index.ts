export { AuthModule } from './auth.module.js';
export { authOptionsToken } from './auth.module-definition.js';
export { authToken } from './common/instance-token.js';
export type { AuthModuleOptions, AuthOptionsFactory } from './auth.module-definition.js';
export type { AuthRedis, AuthStorage } from './storage/auth-storage.js';
export type {
  ResourceServerModuleOptions,
  ResourceServerOptionsFactory,
} from './verify/verify.module-definition.js';
export type {
  JwksFetch,
  RemoteJwksOptions,
  ResourceServerOptions,
} from './options/resource-server-options.js';
export { RemoteKeys } from './verify/keys/remote-keys.service.js';
export { AuthService } from './issue/auth.service.js';

// guards and decorators
export { AuthErrorFilter } from './verify/http/auth-error.filter.js';
export { AuthInstance } from './verify/guards/auth-instance.decorator.js';
export { JwtAuthGuard } from './verify/guards/jwt-auth.guard.js';
export { PermissionsGuard } from './verify/guards/permissions.guard.js';
export { RecentAuthGuard } from './verify/guards/recent-auth.guard.js';
export { RolesGuard } from './verify/guards/roles.guard.js';
export { TokenVersionGuard } from './issue/sessions/token-version.guard.js';
export { CurrentUser, Permissions, Public, RecentAuth, Roles, Strict } from './verify/guards/decorators.js';
export { AuthCookies } from './issue/routes/cookies.service.js';
export { PresentedTokens } from './verify/http/presented-tokens.service.js';

// sockets and other long-lived connections
export { LiveConnections } from './verify/ws/live-connections.service.js';
export type { LiveConnection } from './verify/ws/live-connections.service.js';
export { LiveSockets } from './verify/ws/live-sockets.service.js';
export type { CloseSocket, Handshake, SocketStanding } from './verify/ws/live-sockets.service.js';
export { TOKEN_REFUSED, VIEW_UNPROVEN } from './verify/ws/ending.js';
export type { Ending } from './verify/ws/ending.js';

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
export type { CookieOptions, CookiePrefix, CookieScope, SameSite } from './options/cookie-options.js';
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
export { AuthenticateFlow } from './verify/authenticate.js';
export type { AuthenticateOptions } from './verify/authenticate.js';
export type { LoginResult, IssuedTokens } from './issue/tokens/issued-tokens.js';
export type { PresentedToken } from './verify/presented-token.js';
export type { OpenSessionOptions } from './issue/flows/open-session.flow.js';
export type { PendingChange, UserChange } from './issue/flows/user-changes.flow.js';

// ports, for hosts that bring their own
export { SessionStore } from './storage/session-store.port.js';
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
} from './storage/session-store.port.js';
export { RefreshSecretsStore } from './storage/refresh-secrets.port.js';
export { RevocationLedgerStore } from './storage/revocation-ledger.port.js';
export type { LedgerPosition, LedgerRead } from './storage/revocation-ledger.port.js';
export type { LedgerEntry, RevocableToken } from './storage/ledger-entry.js';
export { ambiguousUser, UserDirectory } from './storage/user-directory.port.js';
export type {
  CreateUserOutcome,
  LoginCandidate,
  NewUser,
  UserAccount,
} from './storage/user-directory.port.js';
export { SecondFactor } from './issue/users/second-factor.port.js';
export { PasswordHasher } from './issue/users/password-hasher.service.js';
export { ThrottleStore } from './storage/throttle-store.port.js';
export type { ThrottleAttempt, ThrottleBucket, ThrottleDecision } from './storage/throttle-store.port.js';

// revocation, as far as hosts look at it
export { RevocationChecker } from './verify/revocation/revocation-checker.service.js';
export type { CheckCounters, Verdict } from './verify/revocation/revocation-checker.service.js';
export { RevocationSync } from './verify/revocation/revocation-sync.service.js';
export { Keyring } from './verify/keys/keyring.service.js';
export { KeyRotation } from './issue/keys/key-rotation.service.js';
export type { KeyChange, KeyStatus } from './issue/keys/key-rotation.service.js';
export type { KeyPhase } from './issue/keys/key-phases.js';
export { KeySource } from './storage/key-source.port.js';
export type { RotationRequest, SourceJwk, SourceKeys } from './storage/key-source.port.js';
export { keyDirectory, keyFile } from './issue/keys/file-keys.js';
export { keysFrom } from './issue/keys/function-keys.js';
export { AccessTokenVerifier } from './verify/tokens/access-token-verifier.service.js';

// what happened, and how it goes
export { AuditLog } from './observe/audit-log.service.js';
export type { AuditPage } from './observe/audit-log.service.js';
export type { AuditRecord, NewAuditRecord } from './storage/audit-record.js';
export { AuditStore } from './storage/audit-store.port.js';
export type { AuditQuery, Familiarity, Sighting } from './storage/audit-store.port.js';
export { AuthHealth } from './observe/health/auth-health.service.js';
export type { HealthResult } from './observe/health/auth-health.service.js';
export { AuthMetrics } from './observe/metrics/auth-metrics.service.js';
export type { Measurement } from './observe/metrics/auth-metrics.service.js';
export { METRICS, prometheusName } from './observe/metrics/definitions.js';
export type { MetricDefinition } from './observe/metrics/definitions.js';
export type { AuthMeter } from './observe/metrics/meter.js';
export type { ObserveOptions } from './options/observe-options.js';

// data
export type { ActedBy } from './storage/acted-by.js';
export { AuthError } from './common/auth-error.js';
export { Clock, SystemClock } from './common/clock.js';
export { Entropy, SystemEntropy } from './common/entropy.js';
export type { Duration } from './common/duration.js';
export { parseDuration } from './common/duration.js';
export type { EndReason } from './storage/end-reason.js';
export type { HostTransaction } from './storage/host-transaction.js';
export type { ClientContext, Principal } from './common/principal.js';
export type { SubjectState, UserFacts } from './storage/subject.js';
export type { NewSession, RotationCause, Session, SessionSnapshot, SessionState } from './storage/session.js';
export type { AuthEvent, EventSeverity } from './storage/auth-event.js';
export type { AuthAlert } from './observe/auth-alert.js';
export type {
  AuthErrorCode,
  AuthErrorReason,
  ErrorBody,
  LoginAnswer,
  LoginBody,
  MeBody,
  SessionBody,
  TokenBody,
  Transport,
  UserBody,
} from './contract/index.js';
