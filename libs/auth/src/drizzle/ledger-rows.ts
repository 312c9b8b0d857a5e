import { sql, type SQL } from 'drizzle-orm';
import type { LedgerEntry, RevocableToken } from '../storage/ledger-entry.js';
import type { Transaction } from './database.js';
import type { AuthSchema } from './schema.js';

type LedgerTable = AuthSchema['revocations'];
type NewRow = LedgerTable['$inferInsert'];
type Row = Pick<
  LedgerTable['$inferSelect'],
  'kind' | 'subject' | 'minVersion' | 'issuedBefore' | 'expiresAt'
>;

/** Channel of the wake-up that follows a commit; the payload is empty: the ledger is read, not the message. */
export const LEDGER_CHANNEL = 'tokenward_ledger';

export function toRow(entry: LedgerEntry): NewRow {
  const expiresAt = new Date(entry.expiresAt);
  switch (entry.kind) {
    case 'token':
      return { kind: entry.kind, subject: entry.tokenId, expiresAt };
    case 'session':
      return { kind: entry.kind, subject: entry.sessionId, expiresAt };
    case 'user':
      return { kind: entry.kind, subject: entry.subject, minVersion: entry.minVersion, expiresAt };
    case 'session_version':
      return { kind: entry.kind, subject: entry.sessionId, minVersion: entry.minVersion, expiresAt };
    case 'key':
      return { kind: entry.kind, subject: entry.keyId, expiresAt };
    case 'all':
      return { kind: entry.kind, subject: '', issuedBefore: entry.issuedBefore, expiresAt };
  }
}

/** Undefined for a kind that a later release writes: it must not keep this one from reading the others. */
export function fromRow(row: Row): LedgerEntry | undefined {
  const expiresAt = row.expiresAt.getTime();
  switch (row.kind) {
    case 'token':
      return { kind: 'token', tokenId: row.subject, expiresAt };
    case 'session':
      return { kind: 'session', sessionId: row.subject, expiresAt };
    case 'user':
      return { kind: 'user', subject: row.subject, minVersion: row.minVersion ?? 0, expiresAt };
    case 'session_version':
      return { kind: row.kind, sessionId: row.subject, minVersion: row.minVersion ?? 0, expiresAt };
    case 'key':
      return { kind: 'key', keyId: row.subject, expiresAt };
    case 'all':
      return { kind: 'all', issuedBefore: row.issuedBefore ?? 0, expiresAt };
    default:
      return undefined;
  }
}

/** Writes the entries in the caller's transaction and wakes the listeners when it commits. */
export async function insertEntries(
  tx: Transaction,
  table: LedgerTable,
  entries: readonly LedgerEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  await tx.execute(
    sql`insert into ${table} (kind, subject, min_version, issued_before, expires_at)
      select r.kind, r.subject, r."minVersion", r."issuedBefore", r."expiresAt"
      from jsonb_to_recordset(${JSON.stringify(entries.map(toRow))}::text::jsonb) as r(kind text, subject text,
        "minVersion" int, "issuedBefore" bigint, "expiresAt" timestamptz)`,
  );
  await tx.execute(sql`select pg_notify(${LEDGER_CHANNEL}, '')::text`);
}

/** Whether a ledger row `r` refuses the token. */
export function revokedCondition(token: RevocableToken): SQL {
  return sql`((r.kind = 'token' and r.subject = ${token.tokenId}) or (r.kind = 'session' and r.subject = ${token.sessionId})
    or (r.kind = 'user' and r.subject = ${token.subject} and r.min_version > ${token.tokenVersion})
    or (r.kind = 'session_version' and r.subject = ${token.sessionId} and r.min_version > ${token.tokenVersion})
    or (r.kind = 'key' and r.subject = ${token.keyId}) or (r.kind = 'all' and r.subject = '' and r.issued_before > ${token.issuedAt}))`;
}
