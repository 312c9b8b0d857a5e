import { Injectable, Logger, Optional } from '@nestjs/common';
import { neighbourhoodOf, networkOf } from '../common/address.js';
import { Clock } from '../common/clock.js';
import { ResolvedObserveOptions } from '../options/observe-options.js';
import { AuditStore, type Familiarity } from '../storage/audit-store.port.js';
import { type AuthAlert, AuthAlertListener } from './auth-alert.js';
import type { AuthEvent } from '../storage/auth-event.js';
import { AuthEventPublisher } from './auth-event-publisher.service.js';
import { FailureBursts } from './failure-bursts.js';

type Of<Type extends AuthEvent['type']> = Extract<AuthEvent, { type: Type }>;
type SignIn = Of<'login.succeeded'>;
type Refresh = Of<'refresh.rotated'>;
type Failure = Of<'login.failed' | 'login.throttled' | 'password.refused' | 'refresh.refused'>;

const MAX_SESSIONS = 10_000;

/** Events that somebody should look at, as alerts. Nothing waits for them; without a listener nothing is done. */
@Injectable()
export class AuthAlerts {
  private readonly logger = new Logger('Tokenward');
  private readonly bursts: FailureBursts;
  /** Where each session was last seen, the oldest first. */
  private readonly places = new Map<string, string>();

  constructor(
    { burstOf, burstWithinMs }: ResolvedObserveOptions,
    private readonly clock: Clock,
    events: AuthEventPublisher,
    @Optional() private readonly listener?: AuthAlertListener,
    @Optional() private readonly audit?: AuditStore,
  ) {
    this.bursts = new FailureBursts(burstOf, burstWithinMs);
    if (listener) events.subscribe((event) => this.consider(event));
  }

  private consider(event: AuthEvent): Promise<void> | undefined {
    switch (event.type) {
      case 'refresh.reused': {
        const { type, at, userId, sessionId, sessionsEnded, ip, userAgent } = event;
        return this.raise({ type, at, userId, sessionId, sessionsEnded, ip, userAgent });
      }
      case 'key.revoked':
        return this.raise({ type: event.type, at: event.at, keyId: event.keyId });
      case 'everything.revoked':
        return this.raise({ type: event.type, at: event.at });
      case 'login.succeeded':
        return this.signedIn(event);
      case 'refresh.rotated':
        return this.refreshed(event);
      case 'login.failed':
      case 'login.throttled':
      case 'password.refused':
      case 'refresh.refused':
        return this.failed(event);
      default:
        return undefined;
    }
  }

  private async signedIn(event: SignIn): Promise<void> {
    this.place(event);
    const found = await this.familiarity(event);
    // whoever signs in for the first time comes from nowhere known
    if (!found || found.earlier === 0) return;
    if (!event.knownDevice && found.userAgent === 'new') await this.raise(alertOf('login.new_device', event));
    if (found.network === 'new') await this.raise(alertOf('login.new_network', event));
  }

  private async refreshed(event: Refresh): Promise<void> {
    if (this.place(event) !== 'moved') return;
    const found = await this.familiarity(event);
    if (found?.network === 'new') await this.raise(alertOf('refresh.new_network', event));
  }

  private async failed(event: Failure): Promise<void> {
    const now = this.clock.monotonic();
    const { at, ip, userId } = event;
    const failures = this.bursts.burstOf;
    if (userId !== undefined && this.bursts.add(`account ${userId}`, now))
      await this.raise({ type: 'failures.burst', at, failures, userId, ip });
    if (ip !== undefined && this.bursts.add(`address ${networkOf(ip)}`, now))
      await this.raise({ type: 'failures.burst', at, failures, ip });
  }

  private place({ sessionId, ip }: SignIn | Refresh): 'same' | 'moved' {
    if (ip === undefined) return 'same';
    const place = neighbourhoodOf(ip);
    const before = this.places.get(sessionId);
    this.places.delete(sessionId);
    this.places.set(sessionId, place);
    const [oldest] = this.places.keys();
    if (this.places.size > MAX_SESSIONS && oldest !== undefined) this.places.delete(oldest);
    return before === undefined || before === place ? 'same' : 'moved';
  }

  /** Undefined where nobody can tell: an alert is worth no error. */
  private async familiarity({
    userId,
    sessionId,
    ip,
    userAgent,
  }: SignIn | Refresh): Promise<Familiarity | undefined> {
    return this.audit?.familiarity({ userId, sessionId, ip, userAgent }).catch(() => undefined);
  }

  private async raise(alert: AuthAlert): Promise<void> {
    try {
      await this.listener?.onAuthAlert(alert);
    } catch (error) {
      this.logger.error(
        `the alert ${alert.type} was not taken: ${error instanceof Error ? error.name : 'unknown error'}`,
      );
    }
  }
}

function alertOf(
  type: 'login.new_device' | 'login.new_network' | 'refresh.new_network',
  { at, userId, sessionId, ip, userAgent }: SignIn | Refresh,
): AuthAlert {
  return { type, at, userId, sessionId, ip, userAgent };
}
