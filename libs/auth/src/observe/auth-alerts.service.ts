import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { neighbourhoodOf, networkOf } from '../common/address.js';
import { Clock } from '../common/clock.js';
import { RecentValues } from '../common/recent-values.js';
import { ResolvedObserveOptions } from '../options/observe-options.js';
import { AuditStore, type Familiarity } from '../storage/audit-store.port.js';
import { AlertFloods } from './alert-floods.js';
import { type AuthAlert, AuthAlertListener } from './auth-alert.js';
import type { AuthEvent } from '../storage/auth-event.js';
import { AuthEventPublisher } from './auth-event-publisher.service.js';
import { FailureBursts } from './failure-bursts.js';

type Of<Type extends AuthEvent['type']> = Extract<AuthEvent, { type: Type }>;
type SignIn = Of<'login.succeeded'>;
type Refresh = Of<'refresh.rotated'>;
type Failure = Of<'login.failed' | 'login.throttled' | 'password.refused' | 'refresh.refused'>;

const MAX_SESSIONS = 10_000;

/**
 * Turns events that need attention into alerts, one a minute for each kind, and account or address. No request waits
 * for them, and without a listener nothing is done.
 */
@Injectable()
export class AuthAlerts implements OnApplicationShutdown {
  private readonly floods: AlertFloods;
  private readonly bursts: FailureBursts;
  /** Where each session was last seen, the oldest first. */
  private readonly places = new RecentValues<string, string>(MAX_SESSIONS);

  constructor(
    { burstOf, burstWithinMs }: ResolvedObserveOptions,
    private readonly clock: Clock,
    events: AuthEventPublisher,
    listener?: AuthAlertListener,
    private readonly audit?: AuditStore,
  ) {
    this.bursts = new FailureBursts(burstOf, burstWithinMs);
    this.floods = new AlertFloods((alert) => {
      if (listener)
        events.calls.call(listener, `alert ${alert.type}`, () => listener.onAuthAlert(alert));
    });
    if (listener) events.subscribe((event) => this.consider(event));
  }

  /** Sends the held alerts while the host's services still work. */
  onApplicationShutdown(): void {
    this.floods.flush();
  }

  private consider(event: AuthEvent): Promise<void> | undefined {
    switch (event.type) {
      case 'refresh.reused': {
        const { type, at, userId, sessionId, sessionsEnded, ip, userAgent } = event;
        this.floods.raise({ type, at, userId, sessionId, sessionsEnded, ip, userAgent });
        return undefined;
      }
      case 'device.refused':
        this.floods.raise(alertOf(event.type, event));
        return undefined;
      case 'key.revoked':
        this.floods.raise({ type: event.type, at: event.at, keyId: event.keyId });
        return undefined;
      case 'everything.revoked':
        this.floods.raise({ type: event.type, at: event.at });
        return undefined;
      case 'login.succeeded':
        return this.signedIn(event);
      case 'refresh.rotated':
        return this.refreshed(event);
      case 'login.failed':
      case 'login.throttled':
      case 'password.refused':
      case 'refresh.refused':
        this.failed(event);
        return undefined;
      default:
        return undefined;
    }
  }

  private async signedIn(event: SignIn): Promise<void> {
    this.place(event);
    // the address is the actor's, not the user's
    if (event.actorId !== undefined) return;
    const found = await this.familiarity(event);
    // at the first sign-in every network and device is new
    if (!found || found.earlier === 0) return;
    if (isNewDevice(event, found)) this.floods.raise(alertOf('login.new_device', event));
    if (found.network === 'new') this.floods.raise(alertOf('login.new_network', event));
  }

  private async refreshed(event: Refresh): Promise<void> {
    if (this.place(event) !== 'moved' || event.actorId !== undefined) return;
    const found = await this.familiarity(event);
    if (found?.network === 'new') this.floods.raise(alertOf('refresh.new_network', event));
  }

  private failed(event: Failure): void {
    const now = this.clock.monotonic();
    const { at, ip, userId } = event;
    const failures = this.bursts.burstOf;
    if (userId !== undefined && this.bursts.add(`account ${userId}`, now))
      this.floods.raise({ type: 'failures.burst', at, failures, userId, ip });
    if (ip !== undefined && this.bursts.add(`address ${networkOf(ip)}`, now))
      this.floods.raise({ type: 'failures.burst', at, failures, ip });
  }

  private place({ sessionId, ip }: SignIn | Refresh): 'same' | 'moved' {
    if (ip === undefined) return 'same';
    const place = neighbourhoodOf(ip);
    const before = this.places.get(sessionId);
    this.places.set(sessionId, place);
    return before === undefined || before === place ? 'same' : 'moved';
  }

  /** Undefined if the store does not answer: a missing alert must not become an error. */
  private async familiarity({
    userId,
    sessionId,
    ip,
    userAgent,
  }: SignIn | Refresh): Promise<Familiarity | undefined> {
    return this.audit?.familiarity({ userId, sessionId, ip, userAgent }).catch(() => undefined);
  }
}

/** False at the first sign-in, where every device is new. */
function isNewDevice({ knownDevice }: SignIn, { earlier, userAgent }: Familiarity): boolean {
  return !knownDevice && earlier > 0 && userAgent === 'new';
}

function alertOf(
  type: 'device.refused' | 'login.new_device' | 'login.new_network' | 'refresh.new_network',
  {
    at,
    userId,
    sessionId,
    ip,
    userAgent,
  }: SignIn | Refresh | Extract<AuthEvent, { type: 'device.refused' }>,
): AuthAlert {
  return { type, at, userId, sessionId, ip, userAgent };
}
