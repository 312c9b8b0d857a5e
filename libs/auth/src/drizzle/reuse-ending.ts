import { sql } from 'drizzle-orm';
import type { ClientContext } from '../common/principal.js';
import type { ReuseOutcome } from '../storage/session-store.port.js';
import { familyReused } from '../storage/store-events.js';
import type { Transaction } from './database.js';
import type { AuthSchema } from './schema.js';
import { markEnded, ownerOf, sessionEntries } from './marked-sessions.js';
import { endAllIn } from './session-endings.js';
import { UNEXPIRED } from './session-rows.js';
import { lockSubject } from './subject-row.js';

export interface Reuse {
  readonly sessionId: string;
  readonly scope: 'user' | 'family';
  /** Who presented the used token. */
  readonly by: ClientContext;
  readonly nowMs: number;
}

/** Ends the family if it is live; otherwise does nothing. */
export async function endReusedIn(
  tx: Transaction,
  schema: AuthSchema,
  { sessionId, scope, by, nowMs }: Reuse,
): Promise<ReuseOutcome> {
  const subject = await ownerOf(tx, schema, sessionId);
  if (subject === undefined) return { kind: 'spared' };
  const state = await lockSubject(tx, schema, subject);
  const family = sql`s.id = ${sessionId} and s.epoch = ${state.epoch} and ${UNEXPIRED}`;
  const ended = await markEnded(tx, schema, family, 'reuse');
  if (ended.length === 0) return { kind: 'spared' };
  const others =
    // an actor must not be able to sign the user out by presenting a token twice
    scope === 'user' && ended[0]?.actorId === undefined
      ? await endAllIn(tx, schema, subject, 'reuse', { nowMs })
      : { sessions: 0, entries: [], events: [] };
  const sessions = ended.length + others.sessions;
  const entries = [...sessionEntries(ended, nowMs), ...others.entries];
  const reused = familyReused(sessionId, subject, sessions, { ...by, actorId: ended[0]?.actorId });
  return { kind: 'ended', sessions, entries, events: [reused, ...others.events] };
}
