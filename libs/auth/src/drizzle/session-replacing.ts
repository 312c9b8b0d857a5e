import { sql } from 'drizzle-orm';
import { AuthError } from '../common/auth-error.js';
import type { Replacement, ReplaceOutcome } from '../storage/session-store.port.js';
import { secretReplaced } from '../storage/store-events.js';
import { sameState } from '../storage/subject.js';
import type { AuthDatabase } from './auth-database.js';
import { rows, type Transaction } from './database.js';
import { markEnded, userEntry } from './marked-sessions.js';
import { removeTokensOf } from './one-time-token-rows.js';
import { bumpVersionIn } from './session-endings.js';
import { toState } from './session-rows.js';
import { replaceStatement } from './session-statements.js';
import { lockSubject } from './subject-row.js';

type Tables = Pick<AuthDatabase, 'tables' | 'users'>;

/**
 * Gives the session a new secret. Throws `Superseded` if it or its user has changed since, so that what runs alongside
 * does not run.
 */
export async function replaceIn(
  tx: Transaction,
  { tables, users }: Tables,
  replacement: Replacement,
): Promise<ReplaceOutcome> {
  const state = await lockSubject(tx, tables, replacement.subject);
  if (!sameState(state, replacement.expected)) throw new Superseded();
  const epoch = { from: state.epoch, to: state.epoch };
  const [row] = await rows(tx, replaceStatement(tables, users, replacement, epoch));
  if (!row) throw new Superseded();
  const events = [secretReplaced(replacement)];
  return { kind: 'replaced', ...toState(row, users), entries: [], events };
}

/**
 * The same for a change of the password: every other session and every one-time token ends. Throws
 * `Superseded`, so that the transaction is undone.
 */
export async function replaceAndEndOthersIn(
  tx: Transaction,
  { tables, users }: Tables,
  replacement: Replacement,
  nowMs: number,
): Promise<ReplaceOutcome> {
  const { subject, sessionId, expected } = replacement;
  const { state, acting } = await bumpVersionIn(tx, tables, subject, 'both', nowMs);
  const awaited = { tokenVersion: expected.tokenVersion + 1, epoch: expected.epoch + 1 };
  if (!sameState(state, awaited)) throw new Superseded();
  const epoch = { from: expected.epoch, to: state.epoch };
  const [row] = await rows(tx, replaceStatement(tables, users, replacement, epoch));
  if (!row) throw new Superseded();
  const others = sql`s.subject = ${subject} and s.id <> ${sessionId}`;
  await markEnded(tx, tables, others, 'password_changed');
  await removeTokensOf(tx, tables, subject);
  const entries = [userEntry(subject, state.tokenVersion, nowMs), ...acting.entries];
  const events = [secretReplaced(replacement), ...acting.events];
  return { kind: 'replaced', ...toState(row, users), entries, events };
}

export class Superseded extends AuthError {
  constructor() {
    super('token_refused', 'superseded');
  }
}
