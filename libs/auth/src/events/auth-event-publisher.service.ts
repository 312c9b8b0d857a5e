import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import type { AuthEvent, AuthEventInput, EventSeverity } from './auth-event.js';
import { AuthEventListener } from './auth-event-listener.bus.js';

const SEVERITY: Partial<Record<AuthEvent['type'], EventSeverity>> = {
  'refresh.reused': 'high',
  'everything.revoked': 'high',
  'key.revoked': 'high',
  'login.failed': 'warning',
  'login.throttled': 'warning',
  'refresh.refused': 'warning',
  'password.refused': 'warning',
};

/** Stamps an event and hands it to the listener; never lets a listener fail or delay what it tells of. */
@Injectable()
export class AuthEventPublisher {
  private readonly logger = new Logger('Tokenward');

  constructor(
    private readonly clock: Clock,
    private readonly listener: AuthEventListener,
  ) {}

  publish(input: AuthEventInput): void {
    const at = new Date(this.clock.now()).toISOString();
    const event = { ...input, at, severity: SEVERITY[input.type] ?? 'info' } as AuthEvent;
    if (event.severity === 'high') this.logger.warn(JSON.stringify(event));
    void this.deliver(event);
  }

  private async deliver(event: AuthEvent): Promise<void> {
    try {
      await this.listener.onAuthEvent(event);
    } catch (error) {
      this.logger.error(
        `a listener of ${event.type} failed: ${error instanceof Error ? error.name : 'unknown error'}`,
      );
    }
  }
}
