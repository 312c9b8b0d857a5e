import type { AuthEvent } from '../../storage/auth-event.js';
import type { MetricKey } from './definitions.js';
import { Tally } from './tally.js';

/** Counters that events increase. */
export class EventCounters {
  private readonly tallies = new Map<MetricKey, Tally>();

  of(key: MetricKey): Tally {
    const known = this.tallies.get(key);
    if (known) return known;
    const tally = new Tally();
    this.tallies.set(key, tally);
    return tally;
  }

  count(event: AuthEvent): void {
    this.of('events').add({ type: event.type, severity: event.severity });
    switch (event.type) {
      case 'login.succeeded':
        return this.of('logins').add({
          transport: event.transport,
          device: event.knownDevice ? 'known' : 'unknown',
        });
      case 'login.failed':
        return this.of('loginFailures').add({ reason: event.reason });
      case 'login.throttled':
        return this.of('loginFailures').add({ reason: 'throttled' });
      case 'password.refused':
        return this.of('loginFailures').add({ reason: 'password' });
      case 'refresh.rotated':
        return this.of('refreshes').add({ outcome: 'rotated' });
      case 'refresh.replayed':
        return this.of('refreshes').add({ outcome: 'replayed' });
      case 'refresh.refused':
        return this.of('refreshes').add({ outcome: event.reason });
      case 'refresh.reused':
        this.of('refreshes').add({ outcome: 'reused' });
        return this.of('revocations').add({ cause: 'reuse' }, event.sessionsEnded);
      case 'session.ended':
        return this.of('revocations').add({ cause: event.reason });
      case 'sessions.ended':
        return this.of('revocations').add({ cause: event.reason }, event.count);
      case 'token_version.bumped':
        return this.of('revocations').add({ cause: 'token_version' });
      case 'foreign_subject.revoked':
        return this.of('revocations').add({ cause: 'foreign_subject' });
      case 'token.revoked':
        return this.of('revocations').add({ cause: 'token' });
      case 'key.revoked':
        return this.of('revocations').add({ cause: 'key' });
      case 'everything.revoked':
        return this.of('revocations').add({ cause: 'restored' });
      default:
    }
  }
}
