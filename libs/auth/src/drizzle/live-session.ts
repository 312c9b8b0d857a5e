import { sql } from 'drizzle-orm';
import { rows, type Transaction } from './database.js';
import type { AuthSchema } from './schema.js';
import { UNEXPIRED } from './session-rows.js';
import { UUID } from './session-statements.js';

/**
 * Whether the caller's session is live; locks its subject. An access token is accepted for a moment
 * after its revocation (contract, section 6). It must not create something that outlives every
 * session, such as an API key or a factor.
 */
export async function isLiveSession(
  tx: Transaction,
  { sessions }: AuthSchema,
  asking: {
    readonly sessionId: string | undefined;
    readonly subject: string;
    readonly epoch: number;
  },
): Promise<boolean> {
  const { sessionId, subject, epoch } = asking;
  if (sessionId === undefined) return true;
  if (!UUID.test(sessionId)) return false;
  const found = await rows(
    tx,
    sql`select 1 from ${sessions} s
      where s.id = ${sessionId} and s.subject = ${subject} and s.epoch = ${epoch} and ${UNEXPIRED}`,
  );
  return found.length > 0;
}
