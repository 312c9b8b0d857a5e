import type { InjectionToken, ModuleMetadata, Provider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Clock, SystemClock } from './common/clock.js';
import { Entropy, SystemEntropy } from './common/entropy.js';
import { AuthenticateFlow } from './flows/authenticate.flow.js';
import { RefusalLog } from './flows/refusal-log.service.js';
import { RemoteKeyWatch } from './flows/remote-key-watch.service.js';
import { AuthHealth } from './health/auth-health.service.js';
import { AuthErrorFilter } from './http/auth-error.filter.js';
import { JwtAuthGuard } from './http/jwt-auth.guard.js';
import { JwtStrategy } from './http/jwt.strategy.js';
import { PermissionsGuard } from './http/permissions.guard.js';
import { PresentedTokens } from './http/presented-tokens.service.js';
import { RecentAuthGuard } from './http/recent-auth.guard.js';
import { RolesGuard } from './http/roles.guard.js';
import { KeyLookup } from './keys/key-lookup.store.js';
import { Keyring } from './keys/keyring.service.js';
import { RemoteKeys } from './keys/remote-keys.service.js';
import { AuthMetrics } from './metrics/auth-metrics.service.js';
import { AUTH_METER } from './metrics/meter.js';
import { resolveOptions } from './options/resolve-options.js';
import { resolveRemoteJwks } from './options/resolve-resource-server.js';
import { ResolvedAuthOptions } from './options/resolved-options.js';
import type { ResourceServerModuleOptions } from './resource-server.module-definition.js';
import { RevocationChecker } from './revocation/revocation-checker.service.js';
import { RevocationFeedBus } from './revocation/revocation-feed.bus.js';
import { RevocationView } from './revocation/revocation-view.service.js';
import { UncheckedRevocations } from './revocation/unchecked-revocations.service.js';
import { AccessTokenVerifier } from './tokens/access-token-verifier.service.js';
import { LIVE_PROVIDERS } from './ws/providers.js';

type Host = ResourceServerModuleOptions;

/** The guards and what they need: all but `TokenVersionGuard`, which asks a database. */
export const RESOURCE_SERVER_EXPORTS: NonNullable<ModuleMetadata['exports']> = [
  JwtStrategy,
  JwtAuthGuard,
  RolesGuard,
  PermissionsGuard,
  RecentAuthGuard,
  PresentedTokens,
  ResolvedAuthOptions,
  Clock,
  AuthenticateFlow,
  AccessTokenVerifier,
  RevocationChecker,
  RevocationView,
  Keyring,
  RemoteKeys,
  ...LIVE_PROVIDERS,
  AuthMetrics,
  AuthHealth,
];

export function resourceServerProviders(options: InjectionToken): Provider[] {
  return [
    { provide: ResolvedAuthOptions, useFactory: resolved, inject: [options] },
    { provide: Clock, useFactory: (host: Host) => host.clock ?? new SystemClock(), inject: [options] },
    { provide: Entropy, useFactory: (host: Host) => host.entropy ?? new SystemEntropy(), inject: [options] },
    { provide: RevocationFeedBus, useFactory: (host: Host) => host.redis?.feed, inject: [options] },
    { provide: Keyring, useFactory: () => new Keyring({ verification: [] }) },
    {
      provide: RemoteKeys,
      useFactory: (host: Host, keyring: Keyring, clock: Clock) =>
        new RemoteKeys(resolveRemoteJwks(host.jwks), keyring, clock),
      inject: [options, Keyring, Clock],
    },
    {
      provide: RevocationChecker,
      useFactory: (resolvedOptions: ResolvedAuthOptions, clock: Clock, view: RevocationView, host: Host) =>
        host.redis
          ? new RevocationChecker(resolvedOptions, clock, view, undefined, host.redis.feed)
          : new UncheckedRevocations(resolvedOptions, clock, view),
      inject: [ResolvedAuthOptions, Clock, RevocationView, options],
    },
    { provide: KeyLookup, useExisting: RemoteKeys },
    AccessTokenVerifier,
    RevocationView,
    AuthenticateFlow,
    RefusalLog,
    RemoteKeyWatch,
    JwtStrategy,
    JwtAuthGuard,
    RolesGuard,
    PermissionsGuard,
    RecentAuthGuard,
    PresentedTokens,
    ...LIVE_PROVIDERS,
    { provide: AUTH_METER, useFactory: (host: Host) => host.meter, inject: [options] },
    AuthMetrics,
    AuthHealth,
    { provide: APP_FILTER, useClass: AuthErrorFilter },
  ];
}

function resolved(host: Host): ResolvedAuthOptions {
  const { issuer, audience, accessToken, cookies, origins, revocation } = host;
  return resolveOptions({ issuer, audience, keys: {}, accessToken, cookies, origins, revocation }, false);
}
