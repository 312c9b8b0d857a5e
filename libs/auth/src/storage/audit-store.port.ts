import type { AuditRecord, NewAuditRecord } from './audit-record.js';
import type { AuthEvent } from './auth-event.js';

export interface AuditQuery {
  readonly userId?: string;
  /** Only records of what this user did, to any user. */
  readonly actorId?: string;
  /** Only records of these types. Default all. */
  readonly types?: readonly AuthEvent['type'][];
  /** Inclusive. Default: from the first record on. */
  readonly from?: Date;
  /** Exclusive. Default: up to the last record. */
  readonly to?: Date;
  /** The `cursor` of the previous page. */
  readonly cursor?: string;
  /** Default 50, at most 500. */
  readonly limit?: number;
}

/** Which properties of a sign-in occurred in the user's earlier recorded sign-ins. */
export interface Familiarity {
  /** Recorded sign-ins of the user before this one. */
  readonly earlier: number;
  readonly network: 'known' | 'new';
  readonly userAgent: 'known' | 'new';
}

export interface Sighting {
  readonly userId: string;
  /** The session that was opened, which is excluded from the comparison. */
  readonly sessionId: string;
  readonly ip?: string;
  readonly userAgent?: string;
}

/** The durable audit trail. Each call throws `AuthError('unavailable')` within its deadline. */
export abstract class AuditStore {
  /**
   * Writes routine records, all in one statement. A record whose `fold` exists already adds its count to that row.
   * Records of security events are written by the other stores, in their own transactions.
   */
  abstract append(records: readonly NewAuditRecord[]): Promise<void>;
  /** The newest first. */
  abstract find(query: AuditQuery & { readonly limit: number }): Promise<readonly AuditRecord[]>;
  /** Removes at most `page` rows and resolves with their number. Safe on many processes at once. */
  abstract removeOlder(keepMs: number, page: number): Promise<number>;
  /** A network is the /24 of an IPv4 address or the /48 of an IPv6 address. */
  abstract familiarity(sighting: Sighting): Promise<Familiarity>;
}
