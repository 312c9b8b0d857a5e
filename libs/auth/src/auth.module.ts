import {
  type DynamicModule,
  Inject,
  Module,
  type Abstract,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import {
  ASYNC_OPTIONS_TYPE,
  type AuthModuleOptions,
  authOptionsToken,
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
  OPTIONS_TYPE,
} from './auth.module-definition.js';
import { OPTION_PROVIDERS } from './auth.providers.js';
import { Clock } from './common/clock.js';
import { Entropy } from './common/entropy.js';
import { authToken, DEFAULT_INSTANCE } from './common/instance-token.js';
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
import { OBSERVE_EXPORTS, OBSERVE_PROVIDERS } from './observe.providers.js';
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
const EXPORTS: readonly Abstract<unknown>[] = [
  ...HTTP_EXPORTS,
  ...LIVE_PROVIDERS,
  ...OBSERVE_EXPORTS,
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

/** For the testing kit. */
const NAMED_ONLY: readonly Abstract<unknown>[] = [AccessTokenIssuer, Entropy];

/**
 * Authentication for a Nest application: `forRoot(options)`, or `forRootAsync({ imports, inject, useFactory | useClass | useExisting })` with
 * `isGlobal` and `routes` beside them. The composition root: the only file that knows every slice.
 */
@Module({
  providers: [
    ...OPTION_PROVIDERS,
    ...SLICES,
    ...FLOWS,
    ...HTTP_PROVIDERS,
    ...LIVE_PROVIDERS,
    ...OBSERVE_PROVIDERS,
  ],
})
export class AuthModule extends ConfigurableModuleClass implements OnApplicationShutdown {
  constructor(@Inject(MODULE_OPTIONS_TOKEN) private readonly host: AuthModuleOptions) {
    super();
  }

  /** With several instances in one app each but one is given a `name` beside `isGlobal` and `routes`. */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    return exporting(super.forRoot(options), options.name);
  }

  /** The options from `useFactory`, `useClass` or `useExisting`; `name`, `isGlobal` and `routes` stand beside it. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return exporting(super.forRootAsync(options), options.name);
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

/** A named instance is reached by name alone: imported beside another, a bare class would be either's. */
function exporting(definition: DynamicModule, instance = DEFAULT_INSTANCE): DynamicModule {
  const named = [...EXPORTS, ...NAMED_ONLY].map((each) => ({
    provide: authToken(each, instance),
    useExisting: each,
  }));
  const tokens = [...named.map(({ provide }) => provide), authOptionsToken(instance)];
  return {
    ...definition,
    providers: [
      ...(definition.providers ?? []).map((each) => ownOptions(each, instance)),
      { provide: MODULE_OPTIONS_TOKEN, useExisting: authOptionsToken(instance) },
      ...named,
    ],
    exports: instance === DEFAULT_INSTANCE ? [...EXPORTS, ...tokens] : tokens,
  };
}

/** The options under the instance's own token: a test that overrides one token for all would override them for all. */
function ownOptions(provider: Provider, instance: string): Provider {
  if (!('provide' in provider) || provider.provide !== MODULE_OPTIONS_TOKEN) return provider;
  return { ...provider, provide: authOptionsToken(instance) };
}
