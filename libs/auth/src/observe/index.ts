/** `@tokenward/nestjs/observe`: events, alerts, the audit trail, metrics and health. */
export type { AuthEvent, EventSeverity } from '../storage/auth-event.js';
export type { SignInEvent } from '../storage/events/sign-in-events.js';
export type { SessionEvent } from '../storage/events/session-events.js';
export type { AccountEvent } from '../storage/events/account-events.js';
export type { FactorEvent } from '../storage/events/factor-events.js';
export type { RevocationEvent } from '../storage/events/revocation-events.js';
export type { EndReason } from '../storage/end-reason.js';
export type { AuthAlert } from './auth-alert.js';
export type { ObserveOptions } from '../options/observe-options.js';

// audit trail
export { AuditLog } from './audit-log.service.js';
export type { AuditPage } from './audit-log.service.js';
export type { AuditQuery } from '../storage/audit-store.port.js';
export type { AuditRecord } from '../storage/audit-record.js';

// metrics and health
export { AuthMetrics } from './metrics/auth-metrics.service.js';
export type { Measurement } from './metrics/auth-metrics.service.js';
export { METRICS, prometheusName } from './metrics/definitions.js';
export type { MetricDefinition } from './metrics/definitions.js';
export type { AuthMeter } from './metrics/meter.js';
export { AuthHealth } from './health/auth-health.service.js';
export type { HealthResult } from './health/auth-health.service.js';
