import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AuthError } from '../common/auth-error.js';
import { date, group, list, text } from '../common/option-schema.js';
import { readOptions } from '../common/read-options.js';
import type { AuthEvent } from '../storage/auth-event.js';
import type { AuditRecord } from '../storage/audit-record.js';
import { type AuditQuery, AuditStore } from '../storage/audit-store.port.js';

export interface AuditPage {
  /** The records, the newest first. */
  readonly records: readonly AuditRecord[];
  /** For the next page; undefined at the end. */
  readonly cursor?: string;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

export const querySchema = group({
  userId: text().optional(),
  actorId: text().optional(),
  types: list(
    z.custom<AuthEvent['type']>((value) => typeof value === 'string', 'must be a type of event'),
  ).optional(),
  from: date().optional(),
  to: date().optional(),
  // may come from a request, so it is refused as input below
  cursor: z.custom<string>().optional(),
  limit: z.custom<number>().optional(),
});

/** The audit trail, for pages of the host. The host decides who may see it. */
@Injectable()
export class AuditLog {
  constructor(private readonly store?: AuditStore) {}

  /**
   * Finds records by user, actor, type and time, in pages. Throws `input_invalid` for a malformed cursor or limit,
   * `configuration_invalid` without an audit trail.
   */
  async find(query: AuditQuery = {}): Promise<AuditPage> {
    if (!this.store)
      throw AuthError.configuration('storage.audit', 'is missing: this storage has no audit trail');
    // a misspelt filter would show everybody's records
    readOptions(querySchema, query, { of: 'AuditLog.find', prefix: 'AuditLog.find' });
    const limit = query.limit ?? DEFAULT_LIMIT;
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_LIMIT)
      throw new AuthError('input_invalid', 'limit', {
        fields: { limit: `must be from 1 to ${MAX_LIMIT}` },
      });
    if (query.cursor !== undefined && !/^\d{1,18}$/.test(query.cursor))
      throw new AuthError('input_invalid', 'cursor', {
        fields: { cursor: 'is not a cursor of this audit trail' },
      });
    // one more tells whether there is a next page
    const found = await this.store.find({ ...query, limit: limit + 1 });
    const records = found.slice(0, limit);
    return { records, cursor: found.length > limit ? records.at(-1)?.id : undefined };
  }
}
