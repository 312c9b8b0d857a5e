import type { NewSession } from '../storage/session.js';
import type { OpenOutcome, Replacement, ReplaceOutcome } from '../storage/session-store.port.js';
import { deviceBound, secretReplaced, sessionOpened } from '../storage/store-events.js';
import { sameState } from '../storage/subject.js';
import type { MemoryDatabase, MemoryTransaction } from './memory-database.js';
import { endingsOf, type MemoryEndings } from './memory-session-endings.js';
import type { MemorySessionReader } from './memory-session-reader.js';
import { newestFirst, newRow, replacedRow } from './memory-session-rows.js';

/** What a change works with inside its transaction. */
export interface MemoryChange {
  readonly database: MemoryDatabase;
  readonly reader: MemorySessionReader;
  readonly endings: MemoryEndings;
  readonly tx: MemoryTransaction;
}

export function openIn(
  { database, reader, endings, tx }: MemoryChange,
  session: NewSession,
): OpenOutcome {
  const state = database.subject(session.subject);
  const { actor } = session;
  if (!sameState(state, session.expected)) throw new Superseded();
  if (actor && !sameState(database.subject(actor.id), actor.expected)) throw new Superseded();
  tx.put(database.subjects, session.subject, state);
  // of sessions in the same millisecond, the one opened last is the newest
  const crowd = reader
    .usableOf(session.subject)
    .filter((row) => Boolean(row.actor) === Boolean(actor))
    .reverse()
    .sort(newestFirst)
    .slice(session.maxPerUser - 1);
  const entries = endings.end(crowd, 'limit');
  const row = newRow(session, database.clock.now());
  tx.put(database.sessions, row.id, row);
  const events = [
    ...endingsOf(crowd, 'limit'),
    sessionOpened(session),
    ...(row.bound ? [deviceBound(row)] : []),
  ];
  return { kind: 'opened', session: row, entries, events };
}

/** Throws `Superseded`, so that what runs alongside does not run. */
export function replaceIn(
  { database, reader, tx }: MemoryChange,
  replacement: Replacement,
): ReplaceOutcome {
  const state = database.subject(replacement.subject);
  const row = reader.replaceable(replacement);
  if (!row || !sameState(state, replacement.expected)) throw new Superseded();
  const next = replacedRow(row, replacement, state.epoch, database.clock.now());
  tx.put(database.sessions, row.id, next);
  const events = [secretReplaced(replacement)];
  return { kind: 'replaced', ...reader.stateOf(next), entries: [], events };
}

/** Throws `Superseded`, so that the host's own work is taken back, too. */
export function replaceAndEndOthersIn(
  { database, reader, endings, tx }: MemoryChange,
  replacement: Replacement,
): ReplaceOutcome {
  const { subject, sessionId, expected } = replacement;
  const row = reader.replaceable(replacement);
  if (!row || !sameState(database.subject(subject), expected)) throw new Superseded();
  const state = endings.bump(subject, 'both');
  const next = replacedRow(row, replacement, state.epoch, database.clock.now());
  tx.put(database.sessions, row.id, next);
  const others = database.sessionsOf(subject).filter(({ id }) => id !== sessionId);
  endings.mark(others, 'password_changed');
  database.removeTokensOf(tx, subject);
  const entries = endings.refuseEarlier(subject, state);
  const events = [secretReplaced(replacement)];
  return { kind: 'replaced', ...reader.stateOf(next), entries, events };
}

export class Superseded extends Error {}
