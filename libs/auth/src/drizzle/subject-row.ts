import { sql } from 'drizzle-orm';
import type { SubjectState } from '../storage/subject.js';
import { rows, type Transaction } from './database.js';
import type { AuthSchema } from './schema.js';
import { toCounters } from './session-rows.js';

/** Increments the subject's counters (creates the row if missing) and locks the row until the transaction ends. */
export async function bumpSubject(
  tx: Transaction,
  schema: AuthSchema,
  subject: string,
  bump: 'version' | 'epoch' | 'both' | 'none',
): Promise<SubjectState> {
  const version = bump === 'version' || bump === 'both' ? 1 : 0;
  const epoch = bump === 'epoch' || bump === 'both' ? 1 : 0;
  const [row] = await rows(
    tx,
    sql`insert into ${schema.subjects} as u (subject, token_version, session_epoch) values (${subject}, ${1 + version}, ${1 + epoch})
      on conflict (subject) do update set token_version = u.token_version + ${version}, session_epoch = u.session_epoch + ${epoch}
      returning token_version, session_epoch`,
  );
  return toCounters(row);
}

/**
 * Returns the subject's counters; creates the row if missing, and locks it. So all who open or end
 * sessions of one user wait for each other here.
 */
export async function lockSubject(
  tx: Transaction,
  schema: AuthSchema,
  subject: string,
): Promise<SubjectState> {
  await rows(
    tx,
    sql`insert into ${schema.subjects} (subject) values (${subject}) on conflict do nothing`,
  );
  const [row] = await rows(
    tx,
    sql`select token_version, session_epoch from ${schema.subjects} where subject = ${subject} for no key update`,
  );
  return toCounters(row);
}

/**
 * As `lockSubject`, before something is stored that no epoch ends and that an ending has to find. An ending at the
 * isolation of the host may see nothing newer than its beginning; a row that was changed since makes it begin again.
 */
export function touchSubject(
  tx: Transaction,
  schema: AuthSchema,
  subject: string,
): Promise<SubjectState> {
  return bumpSubject(tx, schema, subject, 'none');
}
