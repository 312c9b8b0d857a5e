import { sql, type SQL } from 'drizzle-orm';
import type { AuthEventInput } from '../storage/auth-event.js';
import type { EndReason } from '../storage/end-reason.js';
import { LEDGER_LIFETIME_MS, type LedgerEntry } from '../storage/ledger-entry.js';
import type { NewSession } from '../storage/session.js';
import { sessionEnded } from '../storage/store-events.js';
import { rows, type Transaction } from './database.js';
import type { AuthSchema } from './schema.js';
import { UNEXPIRED } from './session-rows.js';

/** An id that no session has. */
export const NO_SESSION = '00000000-0000-0000-0000-000000000000';

interface EndedSession {
  readonly id: string;
  readonly subject: string;
  /** The user who acted as the subject. */
  readonly actorId?: string;
}

/**
 * Marks the sessions `s` that match `where` and have not ended. In order of id, because an ending
 * of a user's sessions and one of an actor's sessions may lock the same rows.
 */
export async function markEnded(
  tx: Transaction,
  schema: AuthSchema,
  where: SQL,
  reason: EndReason,
): Promise<readonly EndedSession[]> {
  const ended = await rows(
    tx,
    sql`update ${schema.sessions} s set ended_at = clock_timestamp(), end_reason = ${reason}
      where s.id in (select s.id from ${schema.sessions} s where s.ended_at is null and ${where} order by s.id for no key update)
      returning s.id, s.subject, s.actor`,
  );
  return ended.map((row) => ({
    id: String(row['id']),
    subject: String(row['subject']),
    ...(row['actor'] != null && { actorId: String(row['actor']) }),
  }));
}

/** One event for each session, with the actor who used it. */
export function endingsOf(
  ended: readonly EndedSession[],
  reason: EndReason,
): readonly AuthEventInput[] {
  return ended.map(({ id, subject: userId, actorId }) =>
    sessionEnded(id, { userId, actorId, reason }),
  );
}

export async function ownerOf(
  tx: Transaction,
  schema: AuthSchema,
  sessionId: string,
): Promise<string | undefined> {
  const [row] = await rows(tx, sql`select subject from ${schema.sessions} where id = ${sessionId}`);
  return row && String(row['subject']);
}

/**
 * The oldest sessions that must end to leave room for one more. The user's own sessions and those
 * of actors are counted separately.
 */
export function beyondLimit(
  schema: AuthSchema,
  { subject, expected, actor, maxPerUser }: NewSession,
): SQL {
  const alike = actor ? sql`s.actor is not null` : sql`s.actor is null`;
  return sql`s.id in (select s.id from ${schema.sessions} s where s.subject = ${subject} and s.epoch = ${expected.epoch} and ${alike} and ${UNEXPIRED}
    order by s.created_at desc, s.id offset ${maxPerUser - 1})`;
}

export function sessionEntries(
  ended: readonly EndedSession[],
  nowMs: number,
): readonly LedgerEntry[] {
  const expiresAt = nowMs + LEDGER_LIFETIME_MS;
  return ended.map(({ id }) => ({ kind: 'session', id, value: 0, expiresAt }));
}

export function userEntry(subject: string, minVersion: number, nowMs: number): LedgerEntry {
  return { kind: 'user', id: subject, value: minVersion, expiresAt: nowMs + LEDGER_LIFETIME_MS };
}
