import type { StoreChange } from '../storage/store-change.js';
import { type AuditTable, recordEvents } from './audit-rows.js';
import type { Transaction } from './database.js';
import { insertEntries } from './ledger-rows.js';
import type { AuthSchema } from './schema.js';

export interface ChangeTables {
  readonly revocations: AuthSchema['revocations'];
  readonly audit: AuditTable;
}

/** Writes the ledger rows and audit rows of a change, in the transaction of the change. */
export async function writeChange(
  tx: Transaction,
  { revocations, audit }: ChangeTables,
  { entries, events }: StoreChange,
): Promise<void> {
  await insertEntries(tx, revocations, entries);
  await recordEvents(tx, audit, events);
}
