import type { Provider } from '@nestjs/common';
import { handle } from './auth.providers.js';
import { AuditLog } from './observe/audit-log.service.js';
import { AuditRecorder } from './observe/audit-recorder.service.js';
import { AuditStore } from './storage/audit-store.port.js';
import { AuthAlertListener } from './observe/auth-alert.js';
import { AuthAlerts } from './observe/auth-alerts.service.js';
import { AuthEventListener } from './observe/auth-event-listener.port.js';
import { EventEmitterBridge } from './observe/event-emitter-bridge.service.js';
import { EventLog } from './observe/event-log.service.js';
import { issueMetrics } from './issue/issue-metrics.js';
import { postgresProbe, signingStanding } from './issue/issue-health.js';
import { KeyRotation } from './issue/keys/key-rotation.service.js';
import { Announcer } from './issue/sessions/announcer.service.js';
import { PasswordHasher } from './issue/users/password-hasher.service.js';
import { HEALTH_PROBES, type HealthProbes } from './observe/health/health-probes.js';
import { METRIC_READERS, type MetricReaders } from './observe/metrics/metric-readers.js';
import { AUTH_METER } from './observe/metrics/meter.js';
import { ResolvedAuthOptions } from './options/resolved-options.js';
import { RevocationFeedBus } from './storage/revocation-feed.port.js';
import { SessionStore } from './storage/session-store.port.js';
import { Keyring } from './verify/keys/keyring.service.js';
import { RevocationSync } from './verify/revocation/revocation-sync.service.js';
import { redisProbe, viewStanding } from './verify/verify-health.js';
import { VERIFY_METRICS } from './verify/verify-metrics.js';
import { ResolvedObserveOptions, resolveObserve } from './options/observe-options.js';

/**
 * Observation: events and their listeners, audit trail, alerts, metrics, health. A request never waits for any of it.
 */
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
    inject: [
      ResolvedAuthOptions,
      RevocationSync,
      SessionStore,
      KeyRotation,
      Keyring,
      RevocationFeedBus,
    ],
  },
  EventLog,
  EventEmitterBridge,
  AuditRecorder,
  AuditLog,
  AuthAlerts,
];
