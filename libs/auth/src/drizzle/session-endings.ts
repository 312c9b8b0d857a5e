import { sql, type SQL } from 'drizzle-orm';
import { type EndReason, endsTokens, endsWaysIn } from '../storage/end-reason.js';
import { LEDGER_LIFETIME_MS } from '../storage/ledger-entry.js';
import type { ActedBy, StoreChange } from '../storage/store-change.js';
import type { Ended, EndOneOptions } from '../storage/session-store.port.js';
import { sessionEnded, waysInRemoved } from '../storage/store-events.js';
import type { SubjectState } from '../storage/subject.js';
import { removeApiKeysOf } from './api-key-rows.js';
import { rows, type Transaction } from './database.js';
import { removeFactorsOf } from './factor-rows.js';
import { removeIdentitiesOf } from './identity-rows.js';
import { removeTokensOf } from './one-time-token-rows.js';
import { endingsOf, markEnded, sessionEntries, userEntry } from './marked-sessions.js';
import type { AuthSchema } from './schema.js';
import { UNEXPIRED } from './session-rows.js';
import { bumpSubject } from './subject-row.js';

/*
 * The parts of every ending; `writeChange` writes what they return. Locks are always taken in this
 * order: the host's users, the subject, its sessions.
 */

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
 * The sessions in which these people act as others, for an ending that raises no counter. Call this with the subjects
 * locked, as whoever opens such a session locks its actor.
 */
export function endActingOf(
  tx: Transaction,
  schema: AuthSchema,
  actors: readonly string[],
  nowMs: number,
): Promise<StoreChange> {
  const them = sql`(select jsonb_array_elements_text(${JSON.stringify(actors)}::jsonb))`;
  return endActingIn(tx, schema, sql`s.actor in ${them}`, nowMs);
}

/** Undefined: it had ended, or is another user's. */
export async function endOneIn(
  tx: Transaction,
  schema: AuthSchema,
  sessionId: string,
  reason: EndReason,
  { subject, actorId, nowMs }: EndOneOptions & { readonly nowMs: number },
): Promise<Ended | undefined> {
  const owned = subject === undefined ? sql`true` : sql`s.subject = ${subject} and ${UNEXPIRED}`;
  const ended = await markEnded(tx, schema, sql`s.id = ${sessionId} and ${owned}`, reason);
  const [session] = ended;
  if (!session) return undefined;
  const doer = reason === 'logout' ? (session.actorId ?? session.subject) : actorId;
  const by = { userId: session.subject, actorId: doer };
  const events = [sessionEnded(session.id, { ...by, reason })];
  return { sessions: 1, entries: sessionEntries(ended, nowMs), events };
}

/** Increments both counters and ends every session: for logout-all, disable, delete and reuse. */
export async function endAllIn(
  tx: Transaction,
  schema: AuthSchema,
  subject: string,
  reason: EndReason,
  { nowMs, ...by }: ActedBy & { readonly nowMs: number },
): Promise<Ended> {
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

/** Increments the epoch, so that a login in progress fails. The session that stays gets the new epoch. */
export async function endOthersIn(
  tx: Transaction,
  schema: AuthSchema,
  { subject, keep }: { readonly subject: string; readonly keep: string },
  reason: EndReason,
  nowMs: number,
): Promise<Ended> {
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
