import { sql } from 'drizzle-orm';
import type { ClientContext } from '../common/principal.js';
import type { ReuseOutcome } from '../storage/session-store.port.js';
import { type AuditTable, recordDeeds } from './audit-rows.js';
import type { Transaction } from './database.js';
import { insertEntries } from './ledger-rows.js';
import type { AuthSchema } from './schema.js';
import { endAllIn, lockSubject, markEnded, ownerOf, sessionEntries } from './session-endings.js';
import { UNEXPIRED } from './session-rows.js';

export interface Reuse {
  readonly sessionId: string;
  readonly scope: 'user' | 'family';
  /** Who presented the spent token. */
  readonly by: ClientContext;
  readonly nowMs: number;
}

/** Ends the family if it is live, and nothing at all if it is not. */
export async function endReusedIn(
  tx: Transaction,
  schema: AuthSchema,
  audit: AuditTable,
  { sessionId, scope, by, nowMs }: Reuse,
): Promise<ReuseOutcome> {
  const subject = await ownerOf(tx, schema, sessionId);
  if (subject === undefined) return { kind: 'spared' };
  const state = await lockSubject(tx, schema, subject);
  const family = sql`s.id = ${sessionId} and s.epoch = ${state.epoch} and ${UNEXPIRED}`;
  const ids = await markEnded(tx, schema, family, 'reuse');
  if (ids.length === 0) return { kind: 'spared' };
  const entries = sessionEntries(ids, nowMs);
  await insertEntries(tx, schema.revocations, entries);
  const others =
    scope === 'user' ? await endAllIn(tx, schema, subject, 'reuse', nowMs) : { sessions: 0, entries: [] };
  const sessions = ids.length + others.sessions;
  const detail = { sessionsEnded: sessions };
  await recordDeeds(tx, audit, [{ type: 'refresh.reused', userId: subject, sessionId, ...by, detail }]);
  return { kind: 'ended', sessions, entries: [...entries, ...others.entries] };
}
