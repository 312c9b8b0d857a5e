import { sql } from 'drizzle-orm';
import { rows, type Transaction } from './database.js';
import type { AuthSchema } from './schema.js';

/** To be called with the subject locked. */
export async function removeApiKeysOf(tx: Transaction, schema: AuthSchema, subject: string): Promise<void> {
  await rows(tx, sql`delete from ${schema.apiKeys} where subject = ${subject}`);
}
