import type { Provider } from '@nestjs/common';
import { MODULE_OPTIONS_TOKEN } from './auth.module-definition.js';
import type { CheckedModuleOptions } from './auth.module-schema.js';
import { AuditLog } from './observe/audit-log.service.js';
import { AuditRecorder } from './observe/audit-recorder.service.js';
import { AuditStore } from './storage/audit-store.port.js';
import { AuthAlertListener } from './observe/auth-alert.js';
import { AuthAlerts } from './observe/auth-alerts.service.js';
import { AuthEventListener } from './observe/auth-event-listener.port.js';
import { AuthEventPublisher } from './observe/auth-event-publisher.service.js';
import { EventEmitterBridge } from './observe/event-emitter-bridge.service.js';
import { EventLog } from './observe/event-log.service.js';
import { AuthHealth } from './observe/health/auth-health.service.js';
import { issueMetrics } from './issue/issue-metrics.js';
import { postgresProbe, signingStanding } from './issue/issue-health.js';
import { KeyRotation } from './issue/keys/key-rotation.service.js';
import { Announcer } from './issue/sessions/announcer.service.js';
import { PasswordHasher } from './issue/users/password-hasher.service.js';
import { HEALTH_PROBES, type HealthProbes } from './observe/health/health-probes.js';
import { AuthMetrics } from './observe/metrics/auth-metrics.service.js';
import { METRIC_READERS, type MetricReaders } from './observe/metrics/metric-readers.js';
import { AUTH_METER } from './observe/metrics/meter.js';
import { ResolvedAuthOptions } from './options/resolved-options.js';
import { RevocationFeedBus } from './storage/revocation-feed.port.js';
import { SessionStore } from './storage/session-store.port.js';
import { Keyring } from './verify/keys/keyring.service.js';
import { RevocationSync } from './verify/revocation/revocation-sync.service.js';
import { redisProbe, viewStanding } from './verify/verify-health.js';
import { VERIFY_METRICS, VERIFY_METRICS_OF, verifyMetrics } from './verify/verify-metrics.js';
import { ResolvedObserveOptions, resolveObserve } from './options/observe-options.js';

type Host = CheckedModuleOptions;

const handle = (
  provide: Extract<Provider, { provide: unknown }>['provide'],
  pick: (host: Host) => unknown,
): Provider => ({
  provide,
  useFactory: pick,
  inject: [MODULE_OPTIONS_TOKEN],
});

/** What looks on: events and who listens, audit trail, alerts, metrics, health. Nothing on the path of a request waits for it. */
export const OBSERVE_PROVIDERS: Provider[] = [
  handle(ResolvedObserveOptions, (host) => resolveObserve(host.observe)),
  handle(AuthEventListener, (host): AuthEventListener => ({
    onAuthEvent: host.onEvent ?? (() => undefined),
  })),
  handle(
    AuthAlertListener,
    ({ onAlert }) => onAlert && ({ onAuthAlert: onAlert } satisfies AuthAlertListener),
  ),
  handle(AuditStore, (host) => host.storage.audit),
  handle(AUTH_METER, (host) => host.meter),
  { provide: VERIFY_METRICS, useFactory: verifyMetrics, inject: VERIFY_METRICS_OF },
  {
    provide: METRIC_READERS,
    useFactory: (verify: MetricReaders, ...issue: Parameters<typeof issueMetrics>) => ({
      ...verify,
      ...issueMetrics(...issue),
    }),
    inject: [VERIFY_METRICS, Announcer, KeyRotation, PasswordHasher, AuditRecorder],
  },
  {
    provide: HEALTH_PROBES,
    useFactory: (
      options: ResolvedAuthOptions,
      view: RevocationSync,
      sessions: SessionStore,
      keys: KeyRotation,
      keyring: Keyring,
      feed: RevocationFeedBus | undefined,
    ): HealthProbes => ({
      postgres: postgresProbe(sessions, options),
      redis: redisProbe(feed, view, options),
      revocations: () => viewStanding(view, options),
      keys: signingStanding(keys, keyring),
    }),
    inject: [ResolvedAuthOptions, RevocationSync, SessionStore, KeyRotation, Keyring, RevocationFeedBus],
  },
  AuthEventPublisher,
  EventLog,
  EventEmitterBridge,
  AuditRecorder,
  AuditLog,
  AuthAlerts,
  AuthMetrics,
  AuthHealth,
];

/** For the host's own pages and probes. */
export const OBSERVE_EXPORTS = [AuditLog, AuthMetrics, AuthHealth];
