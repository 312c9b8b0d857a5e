import type { Abstract, Provider } from '@nestjs/common';
import { Entropy } from '../common/entropy.js';
import { BootAdvice } from '../options/boot-advice.service.js';
import { UserDirectory } from '../storage/user-directory.port.js';
import { RevocationChecker } from '../verify/revocation/revocation-checker.service.js';
import { AccountNotices } from './accounts/account-notices.service.js';
import { Later } from './accounts/later.service.js';
import { MailLimits } from './accounts/mail-limits.service.js';
import { MailedLinks } from './accounts/mailed-links.service.js';
import { FACTOR_PROVIDERS } from './factors/providers.js';
import { Mailer } from './accounts/mailer.service.js';
import { ChangeEmailFlow } from './flows/change-email.flow.js';
import { CompleteSignIn } from './flows/complete-sign-in.service.js';
import { ClaimAccountFlow } from './flows/claim-account.flow.js';
import { MagicLinkLoginFlow } from './flows/magic-link-login.flow.js';
import { RequestLinkFlow } from './flows/request-link.flow.js';
import { ResetPasswordFlow } from './flows/reset-password.flow.js';
import { SendVerificationFlow } from './flows/send-verification.flow.js';
import { VerifyEmailFlow } from './flows/verify-email.flow.js';
import { LEGACY_LOGOUT } from './legacy/providers.js';
import { KeyRotation } from './keys/key-rotation.service.js';
import { AuthCookies } from './routes/cookies.service.js';
import { ROUTE_PROVIDERS } from './routes/providers.js';
import { TokenVersionGuard } from './sessions/token-version.guard.js';
import { AccessTokenIssuer } from './tokens/access-token-issuer.service.js';
import { SessionService } from './sessions/session.service.js';
import { RotationService } from './sessions/rotation.service.js';
import { RefreshSecretsRotation } from './sessions/refresh-secrets-rotation.service.js';
import { SessionCleanUp } from './sessions/session-clean-up.service.js';
import { Announcer } from './sessions/announcer.service.js';
import { RevocationService } from './sessions/revocation.service.js';
import { NewPasswords } from './users/new-passwords.service.js';
import { PasswordHasher } from './users/password-hasher.service.js';
import { PasswordPolicy } from './users/password-policy.service.js';
import { LoginThrottle } from './users/login-throttle.service.js';
import { Identifiers } from './users/identifiers.service.js';
import { RegistrationForm } from './users/registration-form.service.js';
import { RegistrationFields } from './users/registration-fields.service.js';
import { ActingRights } from './users/acting-rights.service.js';
import { PasswordVerifier } from './users/password-verifier.service.js';
import { NamedSessions } from './flows/named-sessions.service.js';
import { RegisterFlow } from './flows/register.flow.js';
import { SessionLimiter } from './sessions/session-limits.service.js';
import { SessionHooks } from './sessions/session-hooks.service.js';
import { DeviceChallenges } from './devices/device-challenges.service.js';
import { DeviceSessions } from './flows/device-sessions.service.js';
import { ProveDeviceFlow } from './flows/prove-device.flow.js';
import { RegisterDeviceFlow } from './flows/register-device.flow.js';
import { SessionAccess } from './sessions/session-access.service.js';
import { OpenedSessions } from './sessions/opened-sessions.service.js';
import { SessionOpener } from './sessions/session-opener.service.js';
import { LoginFlow } from './flows/login.flow.js';
import { OpenSessionFlow } from './flows/open-session.flow.js';
import { RefreshFlow } from './flows/refresh.flow.js';
import { LogoutFlow } from './flows/logout.flow.js';
import { EndSessionsFlow } from './flows/end-sessions.flow.js';
import { ThrottledPasswordCheck } from './users/throttled-password-check.service.js';
import { CurrentPasswordCheck } from './users/current-password-check.service.js';
import { CallerFlow } from './flows/caller.flow.js';
import { ChangePasswordFlow } from './flows/change-password.flow.js';
import { ReauthenticateFlow } from './flows/reauthenticate.flow.js';
import { UserChangesFlow } from './flows/user-changes.flow.js';
import { UserResolver } from './users/user-resolver.service.js';
import { TokenGrants } from './tokens/token-grants.service.js';
import { OneTimeTokens } from './accounts/one-time-tokens.service.js';
import { AfterRestoreFlow } from './flows/after-restore.flow.js';
import { HostPasswordsFlow } from './flows/host-passwords.flow.js';
import { HostRevocationsFlow } from './flows/host-revocations.flow.js';
import { HostSessionsFlow } from './flows/host-sessions.flow.js';
import { ApiKeysFlow } from './flows/api-keys.flow.js';
import { HostTokensFlow } from './flows/host-tokens.flow.js';
import { OriginGuard } from '../verify/http/origin.guard.js';
import { ThrottleGuard } from './routes/throttle.guard.js';
import { KeyWatch } from './keys/key-watch.service.js';
import { Maintenance } from './maintenance.service.js';
import { AuthService } from './auth.service.js';

/** The wing's own classes. */
export const ISSUE_PROVIDERS: Provider[] = [
  AccessTokenIssuer,
  SessionService,
  RotationService,
  RefreshSecretsRotation,
  SessionCleanUp,
  RevocationChecker,
  Announcer,
  RevocationService,
  NewPasswords,
  PasswordHasher,
  PasswordPolicy,
  LoginThrottle,
  Identifiers,
  RegistrationFields,
  RegistrationForm,
  PasswordVerifier,
  ActingRights,
  NamedSessions,
  RegisterFlow,
  SessionLimiter,
  SessionHooks,
  OpenedSessions,
  SessionOpener,
  SessionAccess,
  DeviceChallenges,
  DeviceSessions,
  RegisterDeviceFlow,
  ProveDeviceFlow,
  LoginFlow,
  OpenSessionFlow,
  RefreshFlow,
  LEGACY_LOGOUT,
  LogoutFlow,
  EndSessionsFlow,
  ThrottledPasswordCheck,
  CurrentPasswordCheck,
  CallerFlow,
  ChangePasswordFlow,
  ReauthenticateFlow,
  UserChangesFlow,
  UserResolver,
  TokenGrants,
  OneTimeTokens,
  HostTokensFlow,
  HostPasswordsFlow,
  HostSessionsFlow,
  HostRevocationsFlow,
  AfterRestoreFlow,
  ApiKeysFlow,
  Later,
  Mailer,
  MailLimits,
  MailedLinks,
  AccountNotices,
  CompleteSignIn,
  RequestLinkFlow,
  ResetPasswordFlow,
  SendVerificationFlow,
  VerifyEmailFlow,
  ChangeEmailFlow,
  ClaimAccountFlow,
  MagicLinkLoginFlow,
  KeyWatch,
  Maintenance,
  AuthService,
  BootAdvice,
  TokenVersionGuard,
  ...FACTOR_PROVIDERS,
  ...ROUTE_PROVIDERS,
];

/** What the host may ask for, beside what the verifying wing exports. */
export const ISSUE_EXPORTS: readonly Abstract<unknown>[] = [
  TokenVersionGuard,
  OriginGuard,
  ThrottleGuard,
  LoginThrottle,
  AuthCookies,
  AuthService,
  KeyRotation,
  PasswordHasher,
  UserDirectory,
];

/** For the testing kit. */
export const NAMED_ONLY: readonly Abstract<unknown>[] = [AccessTokenIssuer, Entropy];
