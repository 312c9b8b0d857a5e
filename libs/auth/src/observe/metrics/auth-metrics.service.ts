import { Inject, Injectable, type OnApplicationShutdown, Optional } from '@nestjs/common';
import { AuditRecorder } from '../audit-recorder.service.js';
import { AuthEventPublisher } from '../auth-event-publisher.service.js';
import { AuthenticateFlow } from '../../verify/authenticate.js';
import { KeyRotation } from '../../issue/keys/key-rotation.service.js';
import { RemoteKeys } from '../../verify/keys/remote-keys.service.js';
import { RevocationChecker } from '../../verify/revocation/revocation-checker.service.js';
import { RevocationService } from '../../issue/sessions/revocation.service.js';
import { RevocationSync } from '../../verify/revocation/revocation-sync.service.js';
import { AccessTokenVerifier } from '../../verify/tokens/access-token-verifier.service.js';
import { PasswordHasher } from '../../issue/users/password-hasher.service.js';
import { LiveConnections } from '../../verify/ws/live-connections.service.js';
import { type MetricDefinition, type MetricKey, METRICS } from './definitions.js';
import { EventCounters } from './event-counters.js';
import { AUTH_METER, type AuthMeter, type ObservableCallback } from './meter.js';
import type { Sample } from './tally.js';

export interface Measurement {
  readonly metric: MetricDefinition;
  /** Empty when nothing was counted yet. */
  readonly samples: readonly Sample[];
}

/**
 * The numbers of this process, counted where they arise and read when somebody asks: by OpenTelemetry's observable instruments when the host gives a
 * `meter`, and by `read()` for everything else. The hot path pays for a counter's increment.
 */
@Injectable()
export class AuthMetrics implements OnApplicationShutdown {
  private readonly counters = new EventCounters();
  private readonly readers: Readonly<Record<MetricKey, () => readonly Sample[]>>;
  private readonly stopObserving: readonly (() => void)[];

  constructor(
    checker: RevocationChecker,
    view: RevocationSync,
    verifier: AccessTokenVerifier,
    flow: AuthenticateFlow,
    live: LiveConnections,
    @Optional() @Inject(AUTH_METER) meter?: AuthMeter,
    @Optional() events?: AuthEventPublisher,
    @Optional() revocations?: RevocationService,
    @Optional() keys?: KeyRotation,
    @Optional() remote?: RemoteKeys,
    @Optional() hasher?: PasswordHasher,
    @Optional() recorder?: AuditRecorder,
  ) {
    events?.subscribe((event) => {
      this.counters.count(event);
    });
    const counted = (key: MetricKey) => () => this.counters.of(key).samples();
    this.readers = {
      events: counted('events'),
      logins: counted('logins'),
      loginFailures: counted('loginFailures'),
      refreshes: counted('refreshes'),
      revocations: counted('revocations'),
      failedPublishings: () => one(revocations?.failedPublishings),
      checks: () => by('answered_by', Object.entries(checker.counters)),
      viewAge: () => one(view.state().ageMs / 1000),
      entries: () => one(view.state().entries),
      tokenRefusals: () => by('reason', flow.refusals),
      tokenCache: () => by('outcome', [['hit', verifier.counters.remembered], ['miss', verifier.counters.verified]]), // prettier-ignore
      verification: () => one(verifier.counters.verifiedMs / 1000),
      jwksFetches: () => (remote ? by('outcome', [['begun', remote.fetches], ['failed', remote.failedFetches]]) : []), // prettier-ignore
      keyAge: () =>
        (keys?.status() ?? []).flatMap(({ keyId, phase, ageMs }) =>
          ageMs === undefined ? [] : [{ value: ageMs / 1000, attributes: { kid: keyId, phase } }],
        ),
      hashing: () => (hasher ? by('state', Object.entries(hasher.load)) : []),
      connections: () => one(live.size),
      auditPending: () => one(recorder?.pending),
      auditDropped: () => one(recorder?.dropped),
    };
    this.stopObserving = meter ? this.observe(meter) : [];
  }

  /** Every metric with its numbers as of now. */
  read(): readonly Measurement[] {
    return keysOf(METRICS).map((key) => ({ metric: METRICS[key], samples: this.readers[key]() }));
  }

  onApplicationShutdown(): void {
    for (const stop of this.stopObserving) stop();
  }

  private observe(meter: AuthMeter): readonly (() => void)[] {
    return keysOf(METRICS).map((key) => {
      const { name, kind, unit, help }: MetricDefinition = METRICS[key];
      const options = { description: help, unit };
      const instrument =
        kind === 'counter'
          ? meter.createObservableCounter(name, options)
          : meter.createObservableGauge(name, options);
      const callback: ObservableCallback = (result) => {
        for (const { value, attributes } of this.readers[key]()) result.observe(value, attributes);
      };
      instrument.addCallback(callback);
      return () => {
        instrument.removeCallback(callback);
      };
    });
  }
}

/** A number that is not known is no sample. */
function one(value: number | undefined): readonly Sample[] {
  return value === undefined || !Number.isFinite(value) ? [] : [{ value, attributes: {} }];
}

function by(attribute: string, values: Iterable<readonly [string, number]>): readonly Sample[] {
  return [...values].map(([name, value]) => ({ value, attributes: { [attribute]: name } }));
}

function keysOf<T extends object>(of: T): readonly (keyof T)[] {
  return Object.keys(of) as (keyof T)[];
}
