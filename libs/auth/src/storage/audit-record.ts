import type { AuthEvent, EventSeverity } from './auth-event.js';

/** One row of the audit trail. No token, hash, password or key is in any. */
export interface AuditRecord {
  /** Rises with time, roughly; also where a page goes on. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly type: AuthEvent['type'];
  readonly severity: EventSeverity;
  /** The user it is about. */
  readonly userId?: string;
  /** The user who did it, where a signed-in caller or the host said so. */
  readonly actorId?: string;
  readonly sessionId?: string;
  readonly ip?: string;
  readonly userAgent?: string;
  /** The event's other members. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export type NewAuditRecord = Omit<AuditRecord, 'id' | 'at'> & {
  /** Default: the database's now. */
  readonly at?: string;
};

/** What the storage writes itself, in the transaction of the cause; it is not recorded a second time. */
const WITH_ITS_CAUSE: ReadonlySet<AuthEvent['type']> = new Set([
  'login.succeeded',
  'refresh.reused',
  'session.ended',
  'sessions.ended',
  'password.changed',
  'reauthenticated',
  'token_version.bumped',
  'token.revoked',
  'key.revoked',
  'everything.revoked',
]);

/** Whether the event is for the recorder: routine, and of somebody. What anybody can cause without a genuine token is counted, not kept. */
export function isRoutine(event: AuthEvent): boolean {
  if (event.type === 'token.refused') return false;
  if (event.type === 'refresh.refused' && event.reason === 'junk') return false;
  return !WITH_ITS_CAUSE.has(event.type);
}

export function toRecord(event: AuthEvent): NewAuditRecord {
  const { type, severity, at, userId, actorId, sessionId, ip, userAgent, ...detail } = event as AuthEvent &
    Pick<AuditRecord, 'userId' | 'actorId' | 'sessionId' | 'ip' | 'userAgent'>;
  return { type, severity, at, userId, actorId, sessionId, ip, userAgent, detail };
}
