import { sql, type SQL } from 'drizzle-orm';
import { type EndReason, endsTokens, endsWaysIn } from '../storage/end-reason.js';
import { LEDGER_LIFETIME_MS, type LedgerEntry } from '../storage/ledger-entry.js';
import type { ActedBy } from '../storage/acted-by.js';
import type { AuthEventInput } from '../storage/auth-event.js';
import type { NewSession } from '../storage/session.js';
import type { StoreChange } from '../storage/store-change.js';
import { sessionEnded, waysInRemoved } from '../storage/store-events.js';
import type { SubjectState } from '../storage/subject.js';
import { removeApiKeysOf } from './api-key-rows.js';
import { rows, type Transaction } from './database.js';
import { removeFactorsOf } from './factor-rows.js';
import { removeIdentitiesOf } from './identity-rows.js';
import { removeTokensOf } from './one-time-token-rows.js';
import type { AuthSchema } from './schema.js';
import { toCounters, UNEXPIRED } from './session-rows.js';

/*
 * The parts of every ending; `writeChange` writes what they return. Locks are always taken in this
 * order: the host's users, the subject, its sessions.
 */

/** An id that no session has. */
export const NO_SESSION = '00000000-0000-0000-0000-000000000000';

/**
 * Increments the subject's counters (creates the row if missing) and locks the row until the
 * transaction ends.
 */
async function bumpSubject(
  tx: Transaction,
  schema: AuthSchema,
  subject: string,
  bump: 'version' | 'epoch' | 'both',
): Promise<SubjectState> {
  const version = bump === 'epoch' ? 0 : 1;
  const epoch = bump === 'version' ? 0 : 1;
  const [row] = await rows(
    tx,
    sql`insert into ${schema.subjects} as u (subject, token_version, session_epoch) values (${subject}, ${1 + version}, ${1 + epoch})
      on conflict (subject) do update set token_version = u.token_version + ${version}, session_epoch = u.session_epoch + ${epoch}
      returning token_version, session_epoch`,
  );
  return toCounters(row);
}

/**
 * Increments the version, and with `both` also the epoch. The subject may have lost the right to
 * act as others, or others may have lost the right to act as the subject: those sessions end. No
 * new one is missed, because opening a session locks the subject's row.
 */
export async function bumpVersionIn(
  tx: Transaction,
  schema: AuthSchema,
  subject: string,
  bump: 'version' | 'both',
  nowMs: number,
): Promise<{ readonly state: SubjectState; readonly acting: StoreChange }> {
  const state = await bumpSubject(tx, schema, subject, bump);
  // a role that was given to the subject must not pass to an actor who acts as the subject; `both`
  // ends all sessions of the subject anyway
  const actedAs =
    bump === 'version' ? sql`or (s.subject = ${subject} and s.actor is not null)` : sql``;
  return {
    state,
    acting: await endActingIn(tx, schema, sql`(s.actor = ${subject} ${actedAs})`, nowMs),
  };
}

async function endActingIn(
  tx: Transaction,
  schema: AuthSchema,
  where: SQL,
  nowMs: number,
): Promise<StoreChange> {
  const ended = await markEnded(tx, schema, where, 'actor_ended');
  return { entries: sessionEntries(ended, nowMs), events: endingsOf(ended, 'actor_ended') };
}

/**
 * Returns the subject's counters; creates the row if missing, and locks it. So all who open or end
 * sessions of one user wait for each other here.
 */
export async function lockSubject(
  tx: Transaction,
  schema: AuthSchema,
  subject: string,
): Promise<SubjectState> {
  await rows(
    tx,
    sql`insert into ${schema.subjects} (subject) values (${subject}) on conflict do nothing`,
  );
  const [row] = await rows(
    tx,
    sql`select token_version, session_epoch from ${schema.subjects} where subject = ${subject} for no key update`,
  );
  return toCounters(row);
}

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

interface EndedSessions extends StoreChange {
  readonly sessions: number;
}

/** Increments both counters and ends every session: for logout-all, disable, delete and reuse. */
export async function endAllIn(
  tx: Transaction,
  schema: AuthSchema,
  subject: string,
  reason: EndReason,
  nowMs: number,
  by: ActedBy = {},
): Promise<EndedSessions> {
  const { state, acting } = await bumpVersionIn(tx, schema, subject, 'both', nowMs);
  const ended = await markEnded(tx, schema, sql`s.subject = ${subject}`, reason);
  if (endsTokens(reason)) await removeTokensOf(tx, schema, subject);
  const removed = endsWaysIn(reason) ? await removeWaysIn(tx, schema, subject) : undefined;
  if (reason === 'user_deleted') await removeIdentitiesOf(tx, schema, subject);
  const entries = [userEntry(subject, state.tokenVersion, nowMs), ...acting.entries];
  const told = removed && reason === 'account_claimed' ? waysInRemoved(subject, removed, by) : [];
  return { sessions: ended.length, entries, events: [...told, ...acting.events] };
}

async function removeWaysIn(tx: Transaction, schema: AuthSchema, subject: string) {
  const factors = await removeFactorsOf(tx, schema, subject);
  return { factors, keyIds: await removeApiKeysOf(tx, schema, subject) };
}

/**
 * Increments the epoch, so that a login in progress fails. The session that stays gets the new
 * epoch.
 */
export async function endOthersIn(
  tx: Transaction,
  schema: AuthSchema,
  { subject, keep }: { readonly subject: string; readonly keep: string },
  reason: EndReason,
  nowMs: number,
): Promise<EndedSessions> {
  const state = await bumpSubject(tx, schema, subject, 'epoch');
  await rows(
    tx,
    sql`update ${schema.sessions} s set epoch = ${state.epoch}
      where s.id = ${keep} and s.subject = ${subject} and s.epoch = ${state.epoch - 1}`,
  );
  const ended = await markEnded(
    tx,
    schema,
    sql`s.subject = ${subject} and s.id <> ${keep}`,
    reason,
  );
  // an attacker may have opened them, and they are not in any list of the subject's sessions
  const acting = await endActingIn(tx, schema, sql`s.actor = ${subject}`, nowMs);
  const entries = [...sessionEntries(ended, nowMs), ...acting.entries];
  return { sessions: ended.length, entries, events: acting.events };
}

/**
 * Increments the version, and removes the proof of a credential from every session except one. For
 * each of those, a ledger entry refuses the earlier tokens. Call this with the subject locked.
 */
export async function unproveOthersIn(
  tx: Transaction,
  schema: AuthSchema,
  { subject, keep }: { readonly subject: string; readonly keep: string },
  nowMs: number,
): Promise<StoreChange> {
  const { state, acting } = await bumpVersionIn(tx, schema, subject, 'version', nowMs);
  const others = await rows(
    tx,
    sql`update ${schema.sessions} s set auth_time = to_timestamp(0)
      where s.subject = ${subject} and s.id <> ${keep} and s.epoch = ${state.epoch} and ${UNEXPIRED} returning s.id`,
  );
  const unproved = others.map((row) => ({
    kind: 'session_version' as const,
    id: String(row['id']),
    value: state.tokenVersion,
    expiresAt: nowMs + LEDGER_LIFETIME_MS,
  }));
  return { entries: [...unproved, ...acting.entries], events: acting.events };
}
