import { createHash } from 'node:crypto';
import { networkOf } from '../common/address.js';
import type { AuthEvent, AuthEventInput, EventSeverity } from './auth-event.js';
import { severityOf } from './severity.js';

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
  /** How many events the row stands for; the first of them gave it everything else. */
  readonly count: number;
}

export type NewAuditRecord = Omit<AuditRecord, 'id' | 'at' | 'count'> & {
  /** Default 1. */
  readonly count?: number;
  /** Records of one `fold` are one row, whichever process writes them. Default: a row of its own. */
  readonly fold?: string;
  /** Default: the database's now. */
  readonly at?: string;
};

/** What anybody can cause without a genuine token is counted, not kept. */
export function isKept(event: AuthEvent): boolean {
  return event.type !== 'token.refused' && !(event.type === 'refresh.refused' && event.reason === 'junk');
}

/** The row of an event; one that no publisher has stamped yet gets the database's time. */
export function toRecord(event: AuthEvent | AuthEventInput): NewAuditRecord {
  const { type, severity, at, userId, actorId, sessionId, ip, userAgent, ...detail } =
    event as AuthEventInput & Partial<AuditRecord>;
  const fold = at === undefined ? undefined : foldOf(event as AuthEvent);
  return {
    ...{ type, severity: severity ?? severityOf(type), at, userId, actorId, sessionId, ip, userAgent },
    ...{ detail, fold },
  };
}

/** What a stranger, or a client of its own account, can cause as often as it likes. */
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
 * Names what is told once a minute, with its count: the kind of event, its reason, the account, who acts as it, and the address (IPv6 by /64). A flood from one
 * address so leaves one row a minute, and what else happened to the account stands beside it. Undefined for what nobody can cause at will.
 */
export function foldOf(event: AuthEvent): string | undefined {
  if (!AT_WILL.has(event.type)) return undefined;
  const { type, at, reason, kind, userId, actorId, ip, tenant } = event as AuthEvent &
    Partial<Record<'reason' | 'kind' | 'userId' | 'actorId' | 'ip', string>>;
  const minute = Math.floor(Date.parse(at) / MINUTE_MS);
  const names = JSON.stringify([type, reason ?? kind, userId, actorId, tenant, networkOf(ip), minute]);
  return createHash('sha256').update(names).digest('base64url').slice(0, 22);
}
