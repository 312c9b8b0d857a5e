/**
 * One metric: its OpenTelemetry name, and the meaning of its values. Attributes never contain data
 * of a user.
 */
export interface MetricDefinition {
  readonly name: string;
  /** `counter`: only rises, from 0 at the start of the process. */
  readonly kind: 'counter' | 'gauge';
  readonly unit?: 's';
  readonly attributes: readonly string[];
  readonly help: string;
}

const define = <const Definitions extends Readonly<Record<string, MetricDefinition>>>(
  definitions: Definitions,
): Definitions => definitions;

/** All metrics. docs/metrics.md is generated from this table. */
export const METRICS = define({
  events: {
    name: 'tokenward.events',
    kind: 'counter',
    attributes: ['type', 'severity'],
    help: 'Events, by type and severity',
  },
  listenersDropped: {
    name: 'tokenward.listeners.dropped',
    kind: 'counter',
    attributes: [],
    help: 'Events and alerts that a slow listener of the host did not get, because 1,000 of the kind were under way',
  },
  logins: {
    name: 'tokenward.logins',
    kind: 'counter',
    attributes: ['transport', 'device'],
    help: 'Sessions opened, by transport; from a device that signed in to the account before (known) or not (unknown)',
  },
  loginFailures: {
    name: 'tokenward.login.failures',
    kind: 'counter',
    attributes: ['reason'],
    help: 'Logins, and passwords given by signed-in users (password), that were refused, by private reason',
  },
  refreshes: {
    name: 'tokenward.refreshes',
    kind: 'counter',
    attributes: ['outcome'],
    help: 'Refresh tokens presented, by outcome: rotated, replayed, reused, junk, dead, superseded, mismatch; unproven: of a bound session, without its key',
  },
  revocations: {
    name: 'tokenward.revocations',
    kind: 'counter',
    attributes: ['cause'],
    help: 'Sessions ended, by reason, and single tokens, versions and keys revoked, by this process',
  },
  failedPublishings: {
    name: 'tokenward.revocation.publish.failures',
    kind: 'counter',
    attributes: [],
    help: 'Revocations that Redis did not take at once; the next step of any process publishes them',
  },
  checks: {
    name: 'tokenward.revocation.checks',
    kind: 'counter',
    attributes: ['answered_by'],
    help: 'Revocation checks, by who answered: mirror, redis or postgres; unproven: accepted without a proof; refused: answered 503',
  },
  viewAge: {
    name: 'tokenward.revocation.view.age',
    kind: 'gauge',
    unit: 's',
    attributes: [],
    help: 'Age of the proof behind the revocation view; absent before the first proof',
  },
  entries: {
    name: 'tokenward.revocation.entries',
    kind: 'gauge',
    attributes: [],
    help: 'Revocations that the view holds in memory',
  },
  tokenRefusals: {
    name: 'tokenward.token.refusals',
    kind: 'counter',
    attributes: ['reason'],
    help: 'Access tokens that were not accepted, by private reason',
  },
  proofs: {
    name: 'tokenward.proofs',
    kind: 'counter',
    attributes: ['outcome'],
    help: 'Proofs of clients that hold a key (DPoP), by outcome: proved, by private reason, or unavailable',
  },
  tokenCache: {
    name: 'tokenward.token.cache',
    kind: 'counter',
    attributes: ['outcome'],
    help: 'Access tokens that were remembered (hit) or verified in full (miss)',
  },
  verification: {
    name: 'tokenward.token.verification.time',
    kind: 'counter',
    unit: 's',
    attributes: [],
    help: 'Time spent on full verifications; divide it by the misses of the cache for the mean',
  },
  jwksFetches: {
    name: 'tokenward.jwks.fetches',
    kind: 'counter',
    attributes: ['outcome'],
    help: 'Fetches of the issuer’s JWKS by a service that only verifies: begun, failed',
  },
  keyAge: {
    name: 'tokenward.key.age',
    kind: 'gauge',
    unit: 's',
    attributes: ['kid', 'phase'],
    help: 'Age of each signing key, where its source tells it; rotate at about 90 days',
  },
  hashing: {
    name: 'tokenward.hashing',
    kind: 'gauge',
    attributes: ['state'],
    help: 'Passwords that are being hashed (running) or wait to be hashed (waiting)',
  },
  connections: {
    name: 'tokenward.live.connections',
    kind: 'gauge',
    attributes: [],
    help: 'Sockets and streams that end with their token',
  },
  auditPending: {
    name: 'tokenward.audit.pending',
    kind: 'gauge',
    attributes: [],
    help: 'Routine audit records that are not written yet',
  },
  auditDropped: {
    name: 'tokenward.audit.dropped',
    kind: 'counter',
    attributes: [],
    help: 'Events that the audit trail only counts, because too many of their kind waited',
  },
});

export type MetricKey = keyof typeof METRICS;

/** The name in Prometheus, by OpenTelemetry's rules: `_seconds` for the unit, `_total` for a counter. */
export function prometheusName({ name, unit, kind }: MetricDefinition): string {
  return [name.replaceAll('.', '_'), unit && 'seconds', kind === 'counter' && 'total']
    .filter(Boolean)
    .join('_');
}
