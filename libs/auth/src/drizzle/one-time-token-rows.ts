import { sql } from 'drizzle-orm';
import { rows, type Transaction } from './database.js';
import type { AuthSchema } from './schema.js';

/**
 * Call this with the subject locked. A token that is issued at the same time waits for the lock,
 * then finds a different epoch, and is not issued.
 */
export async function removeTokensOf(
  tx: Transaction,
  schema: AuthSchema,
  subject: string,
): Promise<void> {
  await rows(tx, sql`delete from ${schema.oneTimeTokens} where subject = ${subject}`);
}
