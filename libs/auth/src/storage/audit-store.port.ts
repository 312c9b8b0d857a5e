import type { AuditRecord, NewAuditRecord } from './audit-record.js';
import type { AuthEvent } from './auth-event.js';

export interface AuditQuery {
  readonly userId?: string;
  /** What this user did, to whomever. */
  readonly actorId?: string;
  /** Any of these. Default all. */
  readonly types?: readonly AuthEvent['type'][];
  readonly from?: Date;
  /** Exclusive. */
  readonly to?: Date;
  /** The `cursor` of the page before. */
  readonly cursor?: string;
  /** Default 50, at most 500. */
  readonly limit?: number;
}

/** What of a sign-in was there before among the user's recorded ones. */
export interface Familiarity {
  /** Recorded sign-ins of the user before this one. */
  readonly earlier: number;
  readonly network: 'known' | 'new';
  readonly userAgent: 'known' | 'new';
}

export interface Sighting {
  readonly userId: string;
  /** The session that was opened; not compared with itself. */
  readonly sessionId: string;
  readonly ip?: string;
  readonly userAgent?: string;
}

/** The durable audit trail. Each call throws `AuthError('unavailable')` within its deadline. */
export abstract class AuditStore {
  /** Routine records, all in one statement; one whose `fold` is there already adds its count to that row. What has a transaction of its own is written there by the other stores. */
  abstract append(records: readonly NewAuditRecord[]): Promise<void>;
  /** The newest first. */
  abstract find(query: AuditQuery & { readonly limit: number }): Promise<readonly AuditRecord[]>;
  /** At most `page` rows; resolves with how many. Safe on many processes at once. */
  abstract removeOlder(keepMs: number, page: number): Promise<number>;
  /** A network is the /24 of an IPv4 address, the /48 of an IPv6 one. */
  abstract familiarity(sighting: Sighting): Promise<Familiarity>;
}
