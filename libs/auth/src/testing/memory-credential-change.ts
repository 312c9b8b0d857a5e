import type { CredentialChange, CredentialChangeOutcome } from '../storage/store-change.js';
import type { FactorAct } from '../storage/factor-store.port.js';
import type { IdentityAct } from '../storage/identity-store.port.js';
import { credentialChanged } from '../storage/store-events.js';
import { sameState } from '../storage/subject.js';
import type { MemoryDatabase, MemoryTransaction } from './memory-database.js';
import { MemoryEndings } from './memory-session-endings.js';
import { mayAsk } from './memory-session-rows.js';

/** If the one who asked still may. The other sessions lose their fresh proof. */
export function changeCredentials<Act extends FactorAct | IdentityAct>(
  database: MemoryDatabase,
  change: CredentialChange<Act>,
  act: (tx: MemoryTransaction) => boolean,
): Promise<CredentialChangeOutcome> {
  const { subject, expected, sessionId } = change;
  const { sessions, clock } = database;
  return database.transaction((tx) => {
    const state = database.subject(subject);
    const asking = { sessionId, subject, epoch: state.epoch };
    const isLive = mayAsk(sessions.get(sessionId ?? ''), asking, clock.now());
    if (!isLive || !sameState(state, expected)) return { kind: 'superseded' };
    if (!act(tx)) return { kind: 'unfit' };
    const entries = new MemoryEndings(database, tx).unproveOthers(subject, sessionId ?? '');
    return { kind: 'changed', entries, events: [credentialChanged(change)] };
  });
}
