import { type SQL, sql } from 'drizzle-orm';
import { addressOf } from '../common/address.js';
import { type AuditRecord, type NewAuditRecord, toRecord } from '../storage/audit-record.js';
import type { AuthEventInput } from '../storage/auth-event.js';
import { type Row, rows, type Transaction } from './database.js';
import type { AuthSchema } from './schema.js';

/** The other stores record their changes here, in the same transaction. Undefined: the host keeps no audit trail. */
export type AuditTable = AuthSchema['audit'] | undefined;

/** Runs in the caller's transaction: the record is committed with the change that it describes. */
export async function recordEvents(
  tx: Transaction,
  table: AuditTable,
  events: readonly AuthEventInput[],
): Promise<void> {
  if (table && events.length > 0) await rows(tx, insertRecords(table, events.map(toRecord)));
}

/** Inserts all records in one statement with one parameter. At most one record may have the same `fold`. */
export function insertRecords(
  table: NonNullable<AuditTable>,
  records: readonly NewAuditRecord[],
): SQL {
  const values = JSON.stringify(records.map(writable));
  return sql`insert into ${table} as a (at, type, severity, subject, actor, session_id, ip, user_agent, detail, count, fold)
    select coalesce(r.at, clock_timestamp()), r.type, r.severity, r."userId", r."actorId", r."sessionId", r.ip, r."userAgent",
      coalesce(r.detail, '{}'), coalesce(r.count, 1), r.fold
    from jsonb_to_recordset(${values}::text::jsonb) as r(at timestamptz, type text, severity text, "userId" text, "actorId" text, "sessionId" text,
      ip inet, "userAgent" text, detail jsonb, count int, fold text)
    on conflict (fold) where fold is not null do update set count = a.count + excluded.count`;
}

/**
 * One value that Postgres cannot store must not lose the other records: an invalid address, NUL and
 * half of a surrogate pair are removed.
 */
function writable({ ip, ...record }: NewAuditRecord): object {
  return {
    ...(JSON.parse(JSON.stringify(record), (_name, value: unknown) =>
      typeof value === 'string' ? value.replaceAll(/\0|\p{Surrogate}/gu, '') : value,
    ) as object),
    ip: addressOf(ip),
  };
}

export function toAuditRecord(row: Row): AuditRecord {
  const text = (name: string): string | undefined =>
    row[name] == null ? undefined : String(row[name]);
  return {
    id: String(row['id']),
    at: new Date(Number(row['at'])).toISOString(),
    type: row['type'] as AuditRecord['type'],
    severity: row['severity'] as AuditRecord['severity'],
    userId: text('subject'),
    actorId: text('actor'),
    sessionId: text('session_id'),
    ip: text('ip'),
    userAgent: text('user_agent'),
    detail: row['detail'] as AuditRecord['detail'],
    count: Number(row['count'] ?? 1),
  };
}
