import type { AccountEvent } from './events/account-events.js';
import type { FactorEvent } from './events/factor-events.js';
import type { RevocationEvent } from './events/revocation-events.js';
import type { SessionEvent } from './events/session-events.js';
import type { SignInEvent } from './events/sign-in-events.js';

export type EventSeverity = 'info' | 'warning' | 'high';

interface Base {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly severity: EventSeverity;
  /** If the host has tenants: that of the request, or of the user where a request names none. */
  readonly tenant?: string;
}

/** Every event, as data. No event contains a token, hash, password or key. */
export type AuthEvent = Base &
  (AccountEvent | FactorEvent | RevocationEvent | SessionEvent | SignInEvent);

type OmitBase<E> = E extends unknown ? Omit<E, 'at' | 'severity'> : never;
/** An event before the publisher stamps it. */
export type AuthEventInput = OmitBase<AuthEvent>;
