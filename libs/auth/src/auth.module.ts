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
  authOptionsToken,
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
  OPTIONS_TYPE,
} from './auth.module-definition.js';
import {
  assertAsyncOptions,
  type CheckedModuleOptions,
  forRootOptions,
  readModuleOptions,
} from './auth.module-schema.js';
import { OPTION_PROVIDERS } from './auth.providers.js';
import { Clock } from './common/clock.js';
import { Entropy } from './common/entropy.js';
import { authToken, DEFAULT_INSTANCE } from './common/instance-token.js';
import { AccountNotices } from './issue/accounts/account-notices.service.js';
import { Later } from './issue/accounts/later.service.js';
import { MailLimits } from './issue/accounts/mail-limits.service.js';
import { MailedLinks } from './issue/accounts/mailed-links.service.js';
import { Mailer } from './issue/accounts/mailer.service.js';
import { ChangeEmailFlow } from './issue/flows/change-email.flow.js';
import { CompleteSignIn } from './issue/flows/complete-sign-in.service.js';
import { MagicLinkLoginFlow } from './issue/flows/magic-link-login.flow.js';
import { RequestLinkFlow } from './issue/flows/request-link.flow.js';
import { ResetPasswordFlow } from './issue/flows/reset-password.flow.js';
import { SendVerificationFlow } from './issue/flows/send-verification.flow.js';
import { VerifyEmailFlow } from './issue/flows/verify-email.flow.js';
import { OneTimeTokens } from './issue/accounts/one-time-tokens.service.js';
import { AuthService } from './issue/auth.service.js';
import { AuthenticateFlow } from './verify/authenticate.js';
import { CallerFlow } from './issue/flows/caller.flow.js';
import { ChangePasswordFlow } from './issue/flows/change-password.flow.js';
import { EndSessionsFlow } from './issue/flows/end-sessions.flow.js';
import { LoginFlow } from './issue/flows/login.flow.js';
import { KeyWatch } from './issue/keys/key-watch.service.js';
import { HostTokensFlow } from './issue/flows/host-tokens.flow.js';
import { LogoutFlow } from './issue/flows/logout.flow.js';
import { NamedSessions } from './issue/flows/named-sessions.service.js';
import { OpenSessionFlow } from './issue/flows/open-session.flow.js';
import { ThrottledPasswordCheck } from './issue/users/throttled-password-check.service.js';
import { CurrentPasswordCheck } from './issue/users/current-password-check.service.js';
import { ReauthenticateFlow } from './issue/flows/reauthenticate.flow.js';
import { RefreshFlow } from './issue/flows/refresh.flow.js';
import { RegisterFlow } from './issue/flows/register.flow.js';
import { SessionOpener } from './issue/sessions/session-opener.service.js';
import { TokenGrants } from './issue/tokens/token-grants.service.js';
import { UserChangesFlow } from './issue/flows/user-changes.flow.js';
import { UserResolver } from './issue/users/user-resolver.service.js';
import { HTTP_EXPORTS, HTTP_PROVIDERS } from './issue/routes/providers.js';
import { AuthCookies } from './issue/routes/cookies.service.js';
import { PresentedTokens } from './verify/http/presented-tokens.service.js';
import { KeyRotation } from './issue/keys/key-rotation.service.js';
import { Keyring } from './verify/keys/keyring.service.js';
import { OBSERVE_EXPORTS, OBSERVE_PROVIDERS } from './observe.providers.js';
import { BootAdvice } from './options/boot-advice.service.js';
import { ResolvedAuthOptions } from './options/resolved-options.js';
import { RevocationChecker } from './verify/revocation/revocation-checker.service.js';
import { Announcer } from './issue/sessions/announcer.service.js';
import { RevocationService } from './issue/sessions/revocation.service.js';
import { RevocationSync } from './verify/revocation/revocation-sync.service.js';
import { RefreshSecretsRotation } from './issue/sessions/refresh-secrets-rotation.service.js';
import { RotationService } from './issue/sessions/rotation.service.js';
import { SessionCleanUp } from './issue/sessions/session-clean-up.service.js';
import { SessionService } from './issue/sessions/session.service.js';
import { AccessTokenIssuer } from './issue/tokens/access-token-issuer.service.js';
import { AccessTokenVerifier } from './verify/tokens/access-token-verifier.service.js';
import { PasswordVerifier } from './issue/users/password-verifier.service.js';
import { Identifiers } from './issue/users/identifiers.service.js';
import { RegistrationFields } from './issue/users/registration-fields.service.js';
import { LoginThrottle } from './issue/users/login-throttle.service.js';
import { PasswordHasher } from './issue/users/password-hasher.service.js';
import { PasswordPolicy } from './issue/users/password-policy.service.js';
import { UserDirectory } from './storage/user-directory.port.js';
import { ResourceServerModule } from './verify/verify.module.js';
import type { ResourceServerForRoot, ResourceServerForRootAsync } from './verify/verify.module-definition.js';
import { LIVE_PROVIDERS } from './verify/ws/providers.js';

const SLICES: Provider[] = [
  AccessTokenIssuer,
  AccessTokenVerifier,
  SessionService,
  RotationService,
  RefreshSecretsRotation,
  SessionCleanUp,
  RevocationSync,
  RevocationChecker,
  Announcer,
  RevocationService,
  PasswordHasher,
  PasswordPolicy,
  LoginThrottle,
  Identifiers,
  RegistrationFields,
  PasswordVerifier,
  BootAdvice,
];

const FLOWS: Provider[] = [
  AuthenticateFlow,
  NamedSessions,
  RegisterFlow,
  SessionOpener,
  LoginFlow,
  OpenSessionFlow,
  RefreshFlow,
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
  MagicLinkLoginFlow,
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
  RevocationSync,
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
  constructor(@Inject(MODULE_OPTIONS_TOKEN) private readonly host: CheckedModuleOptions) {
    super();
  }

  /** With several instances in one app each but one is given a `name` beside `isGlobal` and `routes`. */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    const given = forRootOptions(options);
    return exporting(super.forRoot(given), given.name);
  }

  /** The options from `useFactory`, `useClass` or `useExisting`; `name`, `isGlobal` and `routes` stand beside it. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    assertAsyncOptions(options);
    return exporting(super.forRootAsync(options), options.name);
  }

  /** `ResourceServerModule.forRoot` of `@tokenward/nestjs/verify`, which loads neither a database's driver nor password hashing. */
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
      {
        provide: MODULE_OPTIONS_TOKEN,
        useFactory: readModuleOptions,
        inject: [authOptionsToken(instance)],
      },
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
