import { sql } from 'drizzle-orm';
import { rows, type Transaction } from './database.js';
import type { AuthSchema } from './schema.js';

/** A condition on a key `k`: it has not expired. */
export const LIVE_KEY = sql`(k.expires_at is null or k.expires_at > clock_timestamp())`;

/** Call this with the subject locked. Returns the ids of the keys that had not expired. */
export async function removeApiKeysOf(
  tx: Transaction,
  schema: AuthSchema,
  subject: string,
): Promise<readonly string[]> {
  const gone = await rows(
    tx,
    sql`delete from ${schema.apiKeys} k where k.subject = ${subject} returning k.id, ${LIVE_KEY} as live`,
  );
  return gone.filter((row) => row['live'] === true).map((row) => String(row['id']));
}
