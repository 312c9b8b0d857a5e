import { createHash } from 'node:crypto';
import { networkOf } from '../common/address.js';
import type { AuthEvent, AuthEventInput, EventSeverity } from './auth-event.js';
import { severityOf } from './severity.js';

/** One row of the audit trail. No row contains a token, hash, password or key. */
export interface AuditRecord {
  /** Rises roughly with time. It is also the cursor of the next page. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly type: AuthEvent['type'];
  readonly severity: EventSeverity;
  /** The user it is about. */
  readonly userId?: string;
  /** The user who did it, if it was a signed-in caller or the host named one. */
  readonly actorId?: string;
  readonly sessionId?: string;
  readonly ip?: string;
  readonly userAgent?: string;
  /** The event's other members. */
  readonly detail: Readonly<Record<string, unknown>>;
  /** How many events the row stands for. Everything else is from the first of them. */
  readonly count: number;
}

export type NewAuditRecord = Omit<AuditRecord, 'id' | 'at' | 'count'> & {
  /** Default 1. */
  readonly count?: number;
  /** Records with the same `fold` become one row, also from different processes. Default: a row of its own. */
  readonly fold?: string;
  /** Default: the current time of the database. */
  readonly at?: string;
};

/** Events that anybody can cause without a genuine token are only counted. */
export function isKept(event: AuthEvent): boolean {
  return (
    event.type !== 'token.refused' && !(event.type === 'refresh.refused' && event.reason === 'junk')
  );
}

/** The row of an event. An event without a time gets the database's time. */
export function toRecord(event: AuthEvent | AuthEventInput): NewAuditRecord {
  const { type, severity, at, userId, actorId, sessionId, ip, userAgent, ...detail } =
    event as AuthEventInput & Partial<AuditRecord>;
  const fold = at === undefined ? undefined : foldOf(event as AuthEvent);
  return {
    type,
    severity: severity ?? severityOf(type),
    at,
    userId,
    actorId,
    sessionId,
    ip,
    userAgent,
    detail,
    fold,
  };
}

/** Events that a stranger, or a client on its own account, can cause any number of times. */
const AT_WILL: ReadonlySet<AuthEvent['type']> = new Set([
  'login.failed',
  'login.throttled',
  'link.requested',
  'link.refused',
  'mail.failed',
  'mail.throttled',
  'password.hash_unusable',
  'password.refused',
  'factor.refused',
  'login.second_factor_due',
  'refresh.rotated',
  'refresh.replayed',
  'refresh.refused',
  'token.refused',
  'device.refused',
  'user.ambiguous',
]);

const MINUTE_MS = 60_000;

/**
 * The key under which events are folded into one row a minute, with a count: the kind of event, its reason, the
 * account, the actor, and the address (IPv6 by /64). So a flood from one address leaves one row a minute and does not
 * hide other events of the account. The tenant does not count, because the sender of a request chooses it. Undefined for
 * events that nobody can cause at will.
 */
export function foldOf(event: AuthEvent): string | undefined {
  if (!AT_WILL.has(event.type)) return undefined;
  const { type, at, reason, kind, userId, actorId, ip } = event as AuthEvent &
    Partial<Record<'reason' | 'kind' | 'userId' | 'actorId' | 'ip', string>>;
  const minute = Math.floor(Date.parse(at) / MINUTE_MS);
  const names = JSON.stringify([type, reason ?? kind, userId, actorId, networkOf(ip), minute]);
  return createHash('sha256').update(names).digest('base64url').slice(0, 22);
}
