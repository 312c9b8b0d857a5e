import type { NewSession } from '../storage/session.js';
import type { OpenOutcome } from '../storage/session-store.port.js';
import { deviceBound, sessionOpened } from '../storage/store-events.js';
import { sameState } from '../storage/subject.js';
import { type Row, rows, type Transaction } from './database.js';
import type { AuthSchema } from './schema.js';
import { beyondLimit, endingsOf, markEnded, sessionEntries } from './marked-sessions.js';
import { Superseded } from './session-replacing.js';
import { toSession } from './session-rows.js';
import { insertStatement } from './session-statements.js';
import { lockSubject, touchSubject } from './subject-row.js';

/**
 * The actor is locked, too, so that an ending of the actor's sessions also ends this one, in any
 * commit order. Throws `Superseded`, so that what runs alongside is rolled back.
 */
export async function openIn(
  tx: Transaction,
  schema: AuthSchema,
  session: NewSession,
  nowMs: number,
): Promise<OpenOutcome> {
  const expected = new Map([[session.subject, session.expected]]);
  if (session.actor) expected.set(session.actor.id, session.actor.expected);
  const lock = session.actor ? touchSubject : lockSubject;
  // always in the same order: otherwise two users who act as each other would deadlock
  for (const subject of [...expected.keys()].sort())
    if (!sameState(await lock(tx, schema, subject), expected.get(subject))) throw new Superseded();
  const ended = await markEnded(tx, schema, beyondLimit(schema, session), 'limit');
  const [row] = await rows(tx, insertStatement(schema, session));
  const opened = toSession(row as Row);
  return {
    kind: 'opened',
    session: opened,
    entries: sessionEntries(ended, nowMs),
    events: [
      ...endingsOf(ended, 'limit'),
      sessionOpened(session),
      ...(opened.bound ? [deviceBound(opened)] : []),
    ],
  };
}
