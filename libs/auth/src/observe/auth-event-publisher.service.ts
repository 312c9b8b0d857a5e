import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import type { AuthEvent, AuthEventInput } from '../storage/auth-event.js';
import { AuthEventListener } from './auth-event-listener.port.js';
import { ListenerCalls } from './listener-calls.js';
import { severityOf } from '../storage/severity.js';

/** `recorded`: its audit row was written in the transaction of the change. */
export type AuditState = 'recorded' | 'to_be_recorded';
export type AuthEventSubscriber = (event: AuthEvent, audit: AuditState) => unknown;

/**
 * Adds time and severity to an event and hands it to all listeners. A listener can neither fail nor delay the work that
 * the event reports.
 */
@Injectable()
export class AuthEventPublisher {
  /** Also used for listeners of alerts. */
  readonly calls: ListenerCalls;
  private readonly subscribers: Set<AuthEventSubscriber>;

  constructor(
    private readonly clock: Clock,
    listener: AuthEventListener,
  ) {
    this.calls = new ListenerCalls(clock);
    this.subscribers = new Set([(event) => listener.onAuthEvent(event)]);
  }

  /** Returns a function that unsubscribes. */
  subscribe(subscriber: AuthEventSubscriber): () => void {
    this.subscribers.add(subscriber);
    return () => this.subscribers.delete(subscriber);
  }

  publish(input: AuthEventInput, audit: AuditState = 'to_be_recorded'): void {
    const at = new Date(this.clock.now()).toISOString();
    const event = { ...input, at, severity: severityOf(input.type) } as AuthEvent;
    for (const subscriber of this.subscribers)
      this.calls.call(subscriber, event.type, () => subscriber(event, audit));
  }
}
