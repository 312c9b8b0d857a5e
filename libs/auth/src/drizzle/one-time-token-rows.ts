import { sql } from 'drizzle-orm';
import { rows, type Transaction } from './database.js';
import type { AuthSchema } from './schema.js';

/**
 * To be called with the subject locked: a token that is issued at the same time waits for the lock, and then finds another epoch than it was
 * issued for.
 */
export async function removeTokensOf(tx: Transaction, schema: AuthSchema, subject: string): Promise<void> {
  await rows(tx, sql`delete from ${schema.oneTimeTokens} where subject = ${subject}`);
}
