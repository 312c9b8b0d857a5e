import type { Abstract, InjectionToken, ModuleMetadata, Provider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AuthError } from '../common/auth-error.js';
import { Clock, SystemClock } from '../common/clock.js';
import { authToken } from '../common/instance-token.js';
import { Entropy, SystemEntropy } from '../common/entropy.js';
import { type CheckedResourceOptions, readResourceOptions } from './verify.module-schema.js';
import { RevocationLedgerStore } from '../storage/revocation-ledger.port.js';
import { SessionStore } from '../storage/session-store.port.js';
import { UserDirectory } from '../storage/user-directory.port.js';
import { ApiKeyLookup } from './api-key-lookup.port.js';
import { AuthenticateFlow } from './authenticate.js';
import { AuthoritativeCheck } from './authoritative-check.service.js';
import { CallerStanding } from './caller-standing.service.js';
import { BoundTokens } from './dpop/bound-tokens.service.js';
import { TokenRecognition } from './token-recognition.service.js';
import { TokenRefusals } from './token-refusals.service.js';
import { RefusalLog } from './refusal-log.service.js';
import { RemoteKeyWatch } from './keys/remote-key-watch.service.js';
import { AuthHealth } from '../observe/health/auth-health.service.js';
import { AuthErrorFilter } from './http/auth-error.filter.js';
import { HeldRoutes } from './guards/held-routes.service.js';
import { TrustedIssuers } from './issuers/trusted-issuers.service.js';
import { JwtAuthGuard } from './guards/jwt-auth.guard.js';
import { PermissionsGuard } from './guards/permissions.guard.js';
import { PresentedTokens } from './http/presented-tokens.service.js';
import { RecentAuthGuard } from './guards/recent-auth.guard.js';
import { RequestAuthenticator } from './http/request-authenticator.service.js';
import { RolesGuard } from './guards/roles.guard.js';
import { DpopProofs } from './dpop/dpop-proofs.service.js';
import { proofReplays } from './dpop/proof-replays.js';
import { ProofReplays } from '../storage/proof-replays.port.js';
import { KeyLookup } from './keys/key-lookup.port.js';
import { Keyring } from './keys/keyring.service.js';
import { RemoteKeys } from './keys/remote-keys.service.js';
import { AuthEventListener } from '../observe/auth-event-listener.port.js';
import { AuthEventPublisher } from '../observe/auth-event-publisher.service.js';
import { HEALTH_PROBES, type HealthProbes } from '../observe/health/health-probes.js';
import { AuthMetrics } from '../observe/metrics/auth-metrics.service.js';
import { METRIC_READERS, type MetricReaders } from '../observe/metrics/metric-readers.js';
import { AUTH_METER } from '../observe/metrics/meter.js';
import { MadeOnce } from '../options/made-once.service.js';
import { OneNest } from '../options/one-nest.service.js';
import { resolveRemoteJwks } from '../options/remote-jwks-options.js';
import { resolveResourceServer } from '../options/resolve-resource-server.js';
import { ResolvedAuthOptions } from '../options/resolved-options.js';
import { RevocationChecker } from './revocation/revocation-checker.service.js';
import { RevocationFeedBus } from '../storage/revocation-feed.port.js';
import { RevocationSync } from './revocation/revocation-sync.service.js';
import { UncheckedRevocations } from './revocation/unchecked-revocations.service.js';
import { LegacyCheck } from './legacy/legacy-check.service.js';
import { accessTokenVerifier } from './legacy/verifier-beside-legacy.js';
import { AccessTokenVerifier } from './tokens/access-token-verifier.service.js';
import { redisProbe, viewStanding } from './verify-health.js';
import {
  remoteKeyMetrics,
  VERIFY_METRICS,
  VERIFY_METRICS_OF,
  verifyMetrics,
} from './verify-metrics.js';
import { LiveConnections } from './ws/live-connections.service.js';
import { LiveSockets } from './ws/live-sockets.service.js';
import { LiveSubscriptions } from './ws/live-subscriptions.service.js';

type Host = CheckedResourceOptions;

type NeededByLegacyCheck = [RevocationChecker, UserDirectory, SessionStore];

/** What only the issuer has. */
const NOT_HERE = [SessionStore, UserDirectory, RevocationLedgerStore, ApiKeyLookup];

/** All but `TokenVersionGuard`, which asks a database. */
const GUARDS = [RequestAuthenticator, JwtAuthGuard, RolesGuard, PermissionsGuard, RecentAuthGuard];

/** Need nothing but the core: whatever opens the sockets is the host's. */
const LIVE_PROVIDERS = [LiveConnections, LiveSockets, LiveSubscriptions];

/** What stands in front of the host's routes. */
export const EDGE_PROVIDERS: Provider[] = [
  ...GUARDS,
  MadeOnce,
  OneNest,
  HeldRoutes,
  PresentedTokens,
  { provide: APP_FILTER, useClass: AuthErrorFilter },
];

/** The wing's own classes, in either module. */
export const VERIFY_PROVIDERS: Provider[] = [
  {
    provide: AccessTokenVerifier,
    useFactory: accessTokenVerifier,
    inject: [ResolvedAuthOptions, Keyring, Clock],
  },
  {
    provide: LegacyCheck,
    useFactory: ({ accessToken }: ResolvedAuthOptions, ...needed: NeededByLegacyCheck) =>
      accessToken.legacy.length > 0 ? new LegacyCheck(...needed) : undefined,
    inject: [ResolvedAuthOptions, RevocationChecker, UserDirectory, SessionStore],
  },
  DpopProofs,
  RevocationSync,
  {
    provide: TrustedIssuers,
    useFactory: (options: ResolvedAuthOptions, clock: Clock) =>
      options.trustedIssuers.length > 0 ? new TrustedIssuers(options, clock) : undefined,
    inject: [ResolvedAuthOptions, Clock],
  },
  TokenRefusals,
  TokenRecognition,
  CallerStanding,
  BoundTokens,
  AuthoritativeCheck,
  AuthenticateFlow,
  ...EDGE_PROVIDERS,
  ...LIVE_PROVIDERS,
  AuthEventPublisher,
  { provide: VERIFY_METRICS, useFactory: verifyMetrics, inject: VERIFY_METRICS_OF },
  AuthMetrics,
  AuthHealth,
];

/**
 * What the guards need, so that hosts can name them in `@UseGuards` or as `APP_GUARD` of their own modules; and the
 * host's pages and probes.
 */
export const VERIFY_EXPORTS: readonly Abstract<unknown>[] = [
  ...GUARDS,
  PresentedTokens,
  ResolvedAuthOptions,
  Clock,
  AuthenticateFlow,
  AccessTokenVerifier,
  DpopProofs,
  RevocationChecker,
  RevocationSync,
  Keyring,
  ...LIVE_PROVIDERS,
  AuthMetrics,
  AuthHealth,
];

/** Not the name of an instance, which has no blank: an `AuthModule` in the same app has options of its own. */
export const RESOURCE_SERVER = 'resource server';

/** Of a service that only verifies. */
export const RESOURCE_SERVER_EXPORTS: NonNullable<ModuleMetadata['exports']> = [
  ...VERIFY_EXPORTS,
  RemoteKeys,
];

function unchecked(
  options: ResolvedAuthOptions,
  clock: Clock,
  view: RevocationSync,
): UncheckedRevocations {
  if (options.revocation.mode === 'strict')
    throw AuthError.configuration(
      'revocation.mode',
      'is strict, and without redis nobody can be asked; give redis, or leave the mode out',
    );
  return new UncheckedRevocations(options, clock, view);
}

/** `given`: under which token the options are as the host wrote them. */
export function resourceServerProviders(given: InjectionToken): Provider[] {
  const options = Symbol('the options after the schema');
  return [
    { provide: options, useFactory: readResourceOptions, inject: [given] },
    { provide: ResolvedAuthOptions, useFactory: resolveResourceServer, inject: [options] },
    { provide: authToken(ResolvedAuthOptions, RESOURCE_SERVER), useExisting: ResolvedAuthOptions },
    ...hostProviders(options),
    ...NOT_HERE.map((provide) => ({ provide, useFactory: () => undefined })),
    { provide: Keyring, useFactory: () => new Keyring({ verification: [] }) },
    {
      provide: RemoteKeys,
      useFactory: (host: Host, keyring: Keyring, clock: Clock) =>
        new RemoteKeys(resolveRemoteJwks(host.jwks), keyring, clock),
      inject: [options, Keyring, Clock],
    },
    {
      provide: RevocationChecker,
      useFactory: (
        resolvedOptions: ResolvedAuthOptions,
        clock: Clock,
        view: RevocationSync,
        host: Host,
      ) =>
        host.redis
          ? new RevocationChecker(resolvedOptions, clock, view, undefined, host.redis.feed)
          : unchecked(resolvedOptions, clock, view),
      inject: [ResolvedAuthOptions, Clock, RevocationSync, options],
    },
    { provide: KeyLookup, useExisting: RemoteKeys },
    {
      provide: ProofReplays,
      useFactory: (host: Host, given: ResolvedAuthOptions, clock: Clock, entropy: Entropy) =>
        proofReplays(host.redis, given, clock, entropy),
      inject: [options, ResolvedAuthOptions, Clock, Entropy],
    },
    ...VERIFY_PROVIDERS,
    RefusalLog,
    RemoteKeyWatch,
    ...OBSERVED,
  ];
}

/** What the host may have given, or its default. */
function hostProviders(options: InjectionToken): Provider[] {
  return [
    {
      provide: Clock,
      useFactory: (host: Host) => host.clock ?? new SystemClock(),
      inject: [options],
    },
    {
      provide: Entropy,
      useFactory: (host: Host) => host.entropy ?? new SystemEntropy(),
      inject: [options],
    },
    { provide: RevocationFeedBus, useFactory: (host: Host) => host.redis?.feed, inject: [options] },
    { provide: AUTH_METER, useFactory: (host: Host) => host.meter, inject: [options] },
  ];
}

/** The readers of metrics and health. A service that only verifies has no events. */
const OBSERVED: readonly Provider[] = [
  {
    provide: AuthEventListener,
    useValue: { onAuthEvent: () => undefined } satisfies AuthEventListener,
  },
  {
    provide: METRIC_READERS,
    useFactory: (verify: MetricReaders, remote: RemoteKeys) => ({
      ...verify,
      ...remoteKeyMetrics(remote),
    }),
    inject: [VERIFY_METRICS, RemoteKeys],
  },
  {
    provide: HEALTH_PROBES,
    useFactory: (
      resolvedOptions: ResolvedAuthOptions,
      view: RevocationSync,
      keyring: Keyring,
      feed: RevocationFeedBus | undefined,
    ): HealthProbes => ({
      redis: redisProbe(feed, view, resolvedOptions),
      revocations: () => viewStanding(view, resolvedOptions),
      keys: () => ({ usable: keyring.size > 0, keys: keyring.size }),
    }),
    inject: [ResolvedAuthOptions, RevocationSync, Keyring, RevocationFeedBus],
  },
];
