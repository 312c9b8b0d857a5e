import {
  type DynamicModule,
  Inject,
  Module,
  type ModuleMetadata,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import {
  type AuthModuleOptions,
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
} from './auth.module-definition.js';
import { OPTION_PROVIDERS } from './auth.providers.js';
import { Clock } from './common/clock.js';
import { AuthEventPublisher } from './events/auth-event-publisher.service.js';
import { AuthService } from './flows/auth.service.js';
import { AuthenticateFlow } from './flows/authenticate.flow.js';
import { ChangePasswordFlow } from './flows/change-password.flow.js';
import { EndSessionsFlow } from './flows/end-sessions.flow.js';
import { LoginFlow } from './flows/login.flow.js';
import { KeyWatch } from './flows/key-watch.service.js';
import { LogoutFlow } from './flows/logout.flow.js';
import { OpenSessionFlow } from './flows/open-session.flow.js';
import { PasswordAttempt } from './flows/password-attempt.service.js';
import { PasswordProof } from './flows/password-proof.service.js';
import { ReauthenticateFlow } from './flows/reauthenticate.flow.js';
import { RefreshFlow } from './flows/refresh.flow.js';
import { RegisterFlow } from './flows/register.flow.js';
import { SessionOpener } from './flows/session-opener.service.js';
import { TokenGrants } from './flows/token-grants.service.js';
import { UserChangesFlow } from './flows/user-changes.flow.js';
import { HTTP_EXPORTS, HTTP_PROVIDERS } from './http/providers.js';
import { AuthCookies } from './http/cookies.service.js';
import { PresentedTokens } from './http/presented-tokens.service.js';
import { KeyRotation } from './keys/key-rotation.service.js';
import { Keyring } from './keys/keyring.service.js';
import { BootAdvice } from './options/boot-advice.service.js';
import { ResolvedAuthOptions } from './options/resolved-options.js';
import { ResourceServerModule } from './resource-server.module.js';
import {
  type ResourceServerForRoot,
  type ResourceServerForRootAsync,
} from './resource-server.module-definition.js';
import { RevocationChecker } from './revocation/revocation-checker.service.js';
import { RevocationService } from './revocation/revocation.service.js';
import { RevocationView } from './revocation/revocation-view.service.js';
import { PepperRotation } from './sessions/pepper-rotation.service.js';
import { RotationService } from './sessions/rotation.service.js';
import { SessionCleanUp } from './sessions/session-clean-up.service.js';
import { SessionService } from './sessions/session.service.js';
import { AccessTokenIssuer } from './tokens/access-token-issuer.service.js';
import { AccessTokenVerifier } from './tokens/access-token-verifier.service.js';
import { CredentialVerifier } from './users/credential-verifier.service.js';
import { LoginThrottle } from './users/login-throttle.service.js';
import { PasswordHasher } from './users/password-hasher.service.js';
import { PasswordPolicy } from './users/password-policy.service.js';
import { UserDirectory } from './users/user-directory.store.js';
import { LIVE_PROVIDERS } from './ws/providers.js';

const SLICES: Provider[] = [
  AccessTokenIssuer,
  AccessTokenVerifier,
  SessionService,
  RotationService,
  PepperRotation,
  SessionCleanUp,
  RevocationView,
  RevocationChecker,
  RevocationService,
  PasswordHasher,
  PasswordPolicy,
  LoginThrottle,
  CredentialVerifier,
  AuthEventPublisher,
  BootAdvice,
];

const FLOWS: Provider[] = [
  AuthenticateFlow,
  RegisterFlow,
  SessionOpener,
  LoginFlow,
  OpenSessionFlow,
  RefreshFlow,
  LogoutFlow,
  EndSessionsFlow,
  PasswordAttempt,
  PasswordProof,
  ChangePasswordFlow,
  ReauthenticateFlow,
  UserChangesFlow,
  TokenGrants,
  KeyWatch,
  AuthService,
];

/** What the guards need, so that hosts can name them in `@UseGuards` or as `APP_GUARD` of their own modules. */
const EXPORTS: NonNullable<ModuleMetadata['exports']> = [
  ...HTTP_EXPORTS,
  ...LIVE_PROVIDERS,
  AuthCookies,
  PresentedTokens,
  ResolvedAuthOptions,
  Clock,
  AuthenticateFlow,
  AuthService,
  AccessTokenVerifier,
  RevocationChecker,
  RevocationView,
  Keyring,
  KeyRotation,
  PasswordHasher,
  UserDirectory,
];

/**
 * Authentication for a Nest application: `forRoot(options)`, or `forRootAsync({ imports, inject, useFactory | useClass | useExisting })` with
 * `isGlobal` and `routes` beside them. The composition root: the only file that knows every slice.
 */
@Module({
  providers: [...OPTION_PROVIDERS, ...SLICES, ...FLOWS, ...HTTP_PROVIDERS, ...LIVE_PROVIDERS],
  exports: EXPORTS,
})
export class AuthModule extends ConfigurableModuleClass implements OnApplicationShutdown {
  constructor(@Inject(MODULE_OPTIONS_TOKEN) private readonly host: AuthModuleOptions) {
    super();
  }

  /** A service with no database and no signing key: verifies by the issuer's JWKS, with the same guards and decorators. */
  static forResourceServer(options: ResourceServerForRoot): DynamicModule {
    return ResourceServerModule.forRoot(options);
  }

  /** `forResourceServer` with `{ imports, inject, useFactory | useClass | useExisting }`. */
  static forResourceServerAsync(options: ResourceServerForRootAsync): DynamicModule {
    return ResourceServerModule.forRootAsync(options);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.host.redis?.close();
  }
}
