import type { StoreChange } from '../storage/store-change.js';
import { type AuditTable, recordEvents } from './audit-rows.js';
import type { Transaction } from './database.js';
import { insertEntries } from './ledger-rows.js';
import type { AuthSchema } from './schema.js';

export interface ChangeTables {
  readonly revocations: AuthSchema['revocations'];
  readonly audit: AuditTable;
}

/** The ledger rows and audit rows of what was done, in the transaction that did it. */
export async function writeChange(
  tx: Transaction,
  { revocations, audit }: ChangeTables,
  { entries, events }: StoreChange,
): Promise<void> {
  await insertEntries(tx, revocations, entries);
  await recordEvents(tx, audit, events);
}
