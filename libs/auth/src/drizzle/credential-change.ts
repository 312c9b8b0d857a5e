import type { CredentialChange, CredentialChangeOutcome } from '../storage/store-change.js';
import type { FactorAct } from '../storage/factor-store.port.js';
import type { IdentityAct } from '../storage/identity-store.port.js';
import { credentialChanged } from '../storage/store-events.js';
import { sameState } from '../storage/subject.js';
import { isLiveSession } from './live-session.js';
import type { OwnTransaction } from './own-transaction.js';
import type { AuthSchema } from './schema.js';
import { NO_SESSION } from './marked-sessions.js';
import { unproveOthersIn } from './session-endings.js';
import { lockSubject } from './subject-row.js';
import { type ChangeTables, writeChange } from './write-change.js';

/**
 * Runs only while the caller still has the right to. Removes the proofs of the other sessions.
 * Locks: the subject, the changed rows, its sessions.
 */
export async function changeCredentials<Act extends FactorAct | IdentityAct>(
  tx: OwnTransaction,
  schema: AuthSchema,
  tables: ChangeTables,
  change: CredentialChange<Act>,
  act: () => Promise<boolean>,
): Promise<CredentialChangeOutcome> {
  const { subject, expected, sessionId } = change;
  const state = await lockSubject(tx, schema, subject);
  const asking = { sessionId, subject, epoch: state.epoch };
  if (!sameState(state, expected) || !(await isLiveSession(tx, schema, asking)))
    return { kind: 'superseded' };
  if (!(await act())) return { kind: 'unfit' };
  const others = { subject, keep: sessionId ?? NO_SESSION };
  const { entries, events } = await unproveOthersIn(tx, schema, others, tx.nowMs);
  const done = { entries, events: [credentialChanged(change), ...events] };
  await writeChange(tx, tables, done);
  return { kind: 'changed', ...done };
}
